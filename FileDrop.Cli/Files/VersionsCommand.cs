using System.CommandLine;
using System.Text.Json.Nodes;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop versions</c>.</summary>
internal static class VersionsCommand
{
    public static Command Create(Surroundings world)
    {
        var path = Arguments.Path(world, "A file.");
        var command = new Command("versions", "List a file's contents, the newest first. 'filedrop get --version N' downloads one.") { path, Restore(world), Remove(world) };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var file = await session.FindFileAsync(RemotePath.Parse(parse.GetRequiredValue(path)), cancellation);
            foreach (var version in await session.Client.ListVersionsAsync(file.FileId, cancellation))
            {
                var json = new JsonObject
                {
                    ["version"] = version.Version,
                    ["size"] = version.Size,
                    ["type"] = version.Type,
                    ["sha256"] = version.Sha256,
                    ["created_at"] = Words.Rfc3339(version.CreatedAt),
                };
                session.Output.Item(json, $"{version.Version,6}  {Words.Size(version.Size),9}  {Words.Time(version.CreatedAt)}");
            }
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Restore(Surroundings world)
    {
        var (path, number) = (Arguments.Path(world, "A file."), Number());
        var command = new Command("restore", "Make an earlier content the newest one again.") { path, number };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var (remote, version) = (RemotePath.Parse(parse.GetRequiredValue(path)), parse.GetValue(number));
            var file = await session.FindFileAsync(remote, cancellation);
            var restored = await session.Client.RestoreVersionAsync(file.FileId, version, cancellation);
            session.Output.Done(Items.Did("restored", Items.Of(restored, remote.ToString())), $"{remote} has the content of version {version} again, as version {restored.Version}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Remove(Surroundings world)
    {
        var (path, number, yes) = (Arguments.Path(world, "A file."), Number(), Arguments.Yes());
        var command = new Command("rm", "Delete an earlier content for good.") { path, number, yes };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var (remote, version) = (RemotePath.Parse(parse.GetRequiredValue(path)), parse.GetValue(number));
            var file = await session.FindFileAsync(remote, cancellation);
            await session.ConfirmAsync($"Delete version {version} of {remote} for good?", parse.GetValue(yes), cancellation);
            await session.Client.DeleteVersionAsync(file.FileId, version, cancellation);
            session.Output.Done(new JsonObject { ["action"] = "deleted", ["path"] = remote.ToString(), ["version"] = version }, $"Deleted version {version} of {remote}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<long> Number() => new("N") { Description = "The version's number, as 'filedrop versions' shows it." };
}
