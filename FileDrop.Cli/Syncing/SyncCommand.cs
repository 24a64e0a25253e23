using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary><c>filedrop sync</c>.</summary>
internal static class SyncCommand
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    public static Command Create(Surroundings world)
    {
        var local = new Argument<string>("LOCAL") { Description = "The local folder. It is created if it does not exist." };
        var remote = Arguments.Path(world, "The folder at the service, such as fd:/photos.");
        var watch = new Option<bool>("--watch", "-w") { Description = "Stay, and sync whenever something changes on either side." };
        var pull = new Option<bool>("--pull") { Description = "Only bring changes of the service here." };
        var push = new Option<bool>("--push") { Description = "Only send local changes to the service." };
        var dry = new Option<bool>("--dry-run", "-n") { Description = "Only show the steps." };
        var yes = Arguments.Yes();
        var command = new Command("sync", "Keep a local folder and a folder of the service equal. Conflicts keep both.") { local, remote, watch, pull, push, dry, yes };
        command.Validators.Add(result =>
        {
            if (result.GetValue(pull) && result.GetValue(push))
                result.AddError("--pull and --push exclude each other. Without them, changes go both ways.");
            if (result.GetValue(dry) && result.GetValue(watch))
                result.AddError("--dry-run and --watch exclude each other.");
        });
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var top = Path.TrimEndingDirectorySeparator(world.Local(parse.GetValue(local) ?? ""));
            var path = RemotePath.Parse(parse.GetValue(remote) ?? "");
            var run = new Run(session, top, path, parse.GetValue(yes))
            {
                Mode = parse.GetValue(pull) ? SyncMode.Pull : parse.GetValue(push) ? SyncMode.Push : SyncMode.Both,
            };
            return parse.GetValue(dry) ? await run.ShowAsync(cancellation)
                : parse.GetValue(watch) ? await run.WatchAsync(cancellation)
                : await run.OnceAsync(cancellation);
        });
        return command;
    }

    /// <summary>One run of the command.</summary>
    private sealed class Run(Session session, string top, RemotePath path, bool isYes)
    {
        public SyncMode Mode { get; init; }

        public async Task<ExitCode> ShowAsync(CancellationToken cancellation)
        {
            var (pair, store, held) = await OpenAsync(creates: false, cancellation);
            using (held)
            using (store)
            {
                var plan = await Make(pair, store).PlanAsync(cancellation);
                foreach (var action in plan.Actions.Where(action => action.IsLocal || action.IsRemote))
                    Show(action, action.Unit.Path, planned: true);
                ShowSkipped(plan.Skipped);
                session.Output.Note($"{Words.Count(plan.Actions.Count(action => action.IsLocal || action.IsRemote), "step")}. Nothing was changed.");
            }
            return ExitCode.Done;
        }

        public async Task<ExitCode> OnceAsync(CancellationToken cancellation)
        {
            var (pair, store, held) = await OpenAsync(creates: true, cancellation);
            using (held)
            using (store)
                return Report(await Make(pair, store).RunAsync(cancellation), withSkipped: true);
        }

        public async Task<ExitCode> WatchAsync(CancellationToken cancellation)
        {
            var (pair, store, held) = await OpenAsync(creates: true, cancellation);
            using (held)
            using (store)
            {
                var syncer = Make(pair, store);
                // Events are gathered before the first look, so that none is missed.
                using var watcher = new Watcher(top, syncer.Tree, session.Output.Note);
                var (pause, isFirst) = (TimeSpan.FromSeconds(1), true);
                while (true)
                {
                    var began = Stopwatch.GetTimestamp();
                    try
                    {
                        Report(await syncer.RunAsync(cancellation), withSkipped: isFirst);
                        if (isFirst)
                            session.Output.Note("Watching both sides. Ctrl+C ends it.");
                        (pause, isFirst) = (TimeSpan.FromSeconds(1), false);
                        await watcher.WaitAsync(Stopwatch.GetElapsedTime(began), cancellation);
                    }
                    catch (Exception failure) when (ToolException.Explain(failure, session.Address, cancellation) is { Code: ExitCode.Network } known)
                    {
                        session.Output.Note($"{known.Message} Trying again in {pause.TotalSeconds:0} s.");
                        await Task.Delay(pause, cancellation);
                        pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
                    }
                }
            }
        }

        private Syncer Make(SyncPair pair, SyncStore store) => new(session.Client, pair, store, new SyncChoices { Mode = Mode, MayDelete = MayDeleteAsync });

        /// <summary>Finds both folders, and opens the state of their pair, which one sync at a time may have.</summary>
        private async Task<(SyncPair Pair, SyncStore Store, IDisposable Held)> OpenAsync(bool creates, CancellationToken cancellation)
        {
            var found = path.IsRoot ? null : await session.Client.FindAsync(path.Path, cancellation);
            if (!path.IsRoot && found?.Folder is null)
                throw new ToolException(ExitCode.Usage, $"{path} is a file. Sync its folder.");
            var pair = new SyncPair(top, found?.Folder?.FolderId ?? DropFolder.Root);
            var folder = Path.Combine(session.World.StateFolder, "sync");
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{session.Address}\n{pair.Root}\n{top}")))[..32];
            var held = Hold(Path.Combine(folder, $"{key}.lock"));
            var store = new SyncStore(Path.Combine(folder, $"{key}.db"));
            if (!Directory.Exists(top) && store.Synced.Count == 0)
            {
                if (!creates)
                    throw new ToolException(ExitCode.NotFound, $"{top} is not there. A sync would create it.");
                Directory.CreateDirectory(top);
            }
            return (pair, store, held);
        }

        private FileStream Hold(string file)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                throw new ToolException(ExitCode.Conflict, $"Another sync of {top} with {path} is running.");
            }
        }

        private async Task<bool> MayDeleteAsync(string problem, CancellationToken cancellation)
        {
            if (isYes)
                return true;
            if (!session.World.IsInputTerminal || !session.World.IsErrorTerminal)
                return false;
            await session.World.Error.WriteAsync($"{problem} Go on? [y/N] ");
            return (await Prompt.ReadLineAsync(session.World, cancellation))?.Trim().ToUpperInvariant() is "Y" or "YES";
        }

        private ExitCode Report(SyncResult result, bool withSkipped)
        {
            foreach (var (action, at) in result.Done.Where(each => each.Action.IsLocal || each.Action.IsRemote))
                Show(action, at, planned: false);
            foreach (var conflict in result.Conflicts)
                session.Output.Item(Json("conflict", conflict), $"! {conflict}  Both sides have changed; this is the local copy.");
            if (withSkipped)
                ShowSkipped(result.Skipped);
            foreach (var (at, reason) in result.Failed)
                session.Output.Error($"{at}: {reason}");
            foreach (var at in result.Unsettled)
                session.Output.Error($"{at} changed during the sync, or its name is taken on the other side. Sync again.");
            return result.Failed.Count > 0 ? ExitCode.Failed : result.IsQuiet ? ExitCode.Done : ExitCode.Conflict;
        }

        private void ShowSkipped(IReadOnlyList<(string Path, string Reason)> skipped)
        {
            foreach (var (at, reason) in skipped)
                session.Output.Note($"{at} is left alone. {reason}");
        }

        private void Show(SyncAction action, string at, bool planned)
        {
            var json = Json(JsonNamingPolicy.SnakeCaseLower.ConvertName($"{action.Step}"), at);
            if (action.Step is Step.MoveLocal or Step.MoveRemote)
                json["name"] = action.Name;
            if (planned)
                json["planned"] = true;
            var line = action.Step switch
            {
                Step.MakeLocalFolder or Step.Download => $"< {at}",
                Step.ReplaceLocal => $"< {at}  new version",
                Step.MoveLocal => $"< {at}  becomes {action.Name}",
                Step.DeleteLocal => $"< {at}  deleted",
                Step.MakeRemoteFolder or Step.Upload => $"> {at}",
                Step.ReplaceRemote => $"> {at}  new version",
                Step.MoveRemote => $"> {at}  becomes {action.Name}",
                _ => $"> {at}  deleted",
            };
            if (planned)
                session.Output.Item(json, line);
            else
                session.Output.Done(json, line);
        }

        private static JsonObject Json(string action, string at) => new() { ["action"] = action, ["path"] = at };
    }
}
