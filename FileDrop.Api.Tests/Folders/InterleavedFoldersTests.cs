using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using FileDrop.Api.Tests.Catalog;
using FileDrop.Api.Tests.Folders.Model;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Folders;

/// <summary>
/// The catalog's own protocol of folders, step by step in random orders, with processes that die between two steps. The model beside it shows why each condition
/// is needed; this shows that the catalog has them.
/// </summary>
public sealed class InterleavedFoldersTests
{
    private const int Part = 500;

    [Theory]
    [InlineData(3_000)]
    [InlineData(200_000, Traits = ["Run", "nightly"])]
    public void Names_stay_unique_folders_make_no_circle_and_nothing_is_lost_in_any_order(int runs) =>
        Parallel.For(0, runs / Part, new ParallelOptions { MaxDegreeOfParallelism = 1 + (Environment.ProcessorCount / 4) }, part =>
        {
            for (var seed = part * Part; seed < (part + 1) * Part; seed++)
            {
                if (new Run(seed).Play() is { } violation)
                    Assert.Fail($"Seed {seed}: {violation}");
            }
        });

    /// <summary>Time passes with the steps, so that a dead process is not waited for.</summary>
    private sealed class StepTime(Interleaving interleaving) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon.AddMilliseconds(200 * interleaving.Steps);
    }

    /// <summary>One run: a small tree, some users and sweepers, and an order that the seed decides.</summary>
    private sealed class Run
    {
        private const string Me = "ann";

        private static readonly string[] s_names = ["1", "2", "C"];

        private readonly Random _random;
        private readonly Interleaving _interleaving;
        private readonly MemoryEngine _engine;
        private readonly FileCatalog _files;
        private readonly FolderCatalog _folders;
        private readonly bool _purges;
        private readonly HashSet<Guid> _acknowledged = [];

        public Run(int seed)
        {
            _random = new Random(seed);
            _interleaving = new Interleaving(_random);
            _engine = new MemoryEngine(Rules, new StepTime(_interleaving));
            _files = new FileCatalog(new GatedStores(_interleaving).WrapOne<ICatalogEngine>(_engine), _engine, _engine, Rules);
            _folders = new FolderCatalog(_engine, Rules);
            _purges = seed % 3 == 0;
            _engine.Gate = _interleaving.StepAsync;
        }

        public string? Play()
        {
            _interleaving.Finish(MakeTreeAsync);
            var actors = Enumerable.Range(0, 8).Select<int, Func<Task>>(actor => actor < 5 ? UserAsync : SweeperAsync);
            if (_interleaving.Run(actors, Check) is { } found)
                return found;
            Rest();
            return Check() ?? CheckRest();
        }

        private async Task MakeTreeAsync()
        {
            var (a, b, c) = (NewId(), NewId(), NewId());
            await _folders.CreateFolderAsync(Me, a, new Target(Place.Root, "A"), default);
            await _folders.CreateFolderAsync(Me, b, new Target(Place.Root, "B"), default);
            await _folders.CreateFolderAsync(Me, c, new Target(a, "C"), default);
            await UploadAsync(a);
            await UploadAsync(c);
        }

        private async Task UserAsync()
        {
            for (var act = 0; act < 3; act++)
            {
                var (file, folder) = (Any(EntryKind.File), Any(EntryKind.Folder));
                var task = _random.Next(_purges ? 15 : 13) switch
                {
                    0 => UploadAsync(Folder()),
                    1 => CreateAsync(),
                    2 => _files.ChangeAsync(Me, file, new MetadataChange(Name(), null) { Folder = Folder(), OnConflict = Choice() }, default),
                    3 => _files.ChangeAsync(Me, file, new MetadataChange(Name(), null), default),
                    4 or 5 or 6 => _folders.ChangeFolderAsync(Me, folder, new FolderChange(Name(), Folder(), Choice()), default),
                    7 => _files.DeleteAsync(Me, file, null, permanent: false, default),
                    8 or 9 => _folders.DeleteFolderAsync(Me, folder, null, permanent: false, default),
                    10 => _files.RestoreAsync(Me, file, _random.Next(2) == 0 ? null : Folder(), Choice(), default),
                    11 or 12 => _folders.RestoreFolderAsync(Me, folder, _random.Next(2) == 0 ? null : Folder(), Choice(), default),
                    13 => _files.PurgeAsync(Me, file, default),
                    _ => (Task)_folders.PurgeFolderAsync(Me, folder, default),
                };
                try
                {
                    await task;
                }
                catch (StorageException)
                {
                    // Others always came first. The outcome is unknown, and nothing is half done.
                }
            }
        }

        private async Task SweeperAsync()
        {
            for (var pass = 0; pass < 4; pass++)
            {
                if ((await _folders.FindDueFoldersAsync(100, default)) is { Count: > 0 } due)
                    await _folders.SweepFolderAsync(Me, due[_random.Next(due.Count)].Id, default);
                else
                    await _interleaving.StepAsync();
            }
        }

        private async Task UploadAsync(Guid folder)
        {
            var (id, intent) = (NewId(), NewIntent());
            await _files.BeginCreateAsync(Me, id, intent, 1, default);
            var result = await _files.CommitAsync(Me, id, intent, Commit(name: Name()) with { Folder = folder, OnConflict = Choice() }, default);
            if (result.Outcome == ChangeOutcome.Done)
                _acknowledged.Add(id);
        }

        private async Task CreateAsync()
        {
            var id = NewId();
            if ((await _folders.CreateFolderAsync(Me, id, new Target(Folder(), Name(), Choice()), default)).Outcome == ChangeOutcome.Done)
                _acknowledged.Add(id);
        }

        /// <summary>Everybody has stopped; sweepers run until nothing is due.</summary>
        private void Rest()
        {
            for (var round = 0; round < 60; round++)
                _interleaving.Finish(async () =>
                {
                    foreach (var (owner, id) in await _folders.FindDueFoldersAsync(100, default))
                        await _folders.SweepFolderAsync(owner, id, default);
                    await _interleaving.StepAsync();
                });
        }

        /// <summary>The invariants, which hold after every step.</summary>
        private string? Check()
        {
            var live = new HashSet<EntryKey>();
            foreach (var entry in _engine.All.Where(entry => entry is { State: FileState.Live or FileState.Carried, Place.Folder: not null }))
            {
                var key = EntryKey.Of(entry.Place.Folder ?? default, entry.Name ?? "");
                if (entry.State == FileState.Live && !live.Add(key))
                    return $"two live entries are called {key.Name} in {key.Folder}";
                if (!_engine.Names.TryGetValue((Me, key), out var claim) || claim.Operation != entry.Place.Claim || claim.Id != entry.Id)
                    return $"{entry.Kind} {key.Name} in {key.Folder} is {entry.State} without its claim";
                if (IsInACircle(entry))
                    return $"{key.Name} is in a circle";
                if (Parent(entry) is var parent && parent is null && key.Folder != Place.Root)
                    return $"{key.Name} is {entry.State} in a folder that is no more";
                if (parent is { Sweep: FolderSweep.None } && IsUnlike(entry, parent))
                    return $"{key.Name} is {entry.State} in a folder that is {parent.State} and swept";
            }
            return null;
        }

        private string? CheckRest()
        {
            foreach (var entry in _engine.All)
            {
                if (entry is FolderDocument { Sweep: not FolderSweep.None })
                    return $"folder {entry.Name} is never swept to its end";
                if (entry is { State: FileState.Live, Place.Folder: not null } && !IsReachable(entry))
                    return $"{entry.Name} is live and nowhere";
                if (entry.State == FileState.Carried && Parent(entry) is not { State: FileState.Trash or FileState.Carried })
                    return $"{entry.Name} is half-carried";
            }
            var known = _engine.All.Where(entry => entry.State is FileState.Live or FileState.Trash or FileState.Carried).Select(entry => entry.Id).ToHashSet();
            return _purges || _acknowledged.All(known.Contains) ? null : "something that was acknowledged is lost";
        }

        private static bool IsUnlike(IEntry entry, FolderDocument parent) =>
            entry.State == FileState.Live ? parent.State != FileState.Live : parent.State is not (FileState.Trash or FileState.Carried);

        private bool IsInACircle(IEntry entry)
        {
            var depth = 0;
            for (var at = Parent(entry); at is not null; at = Parent(at))
            {
                if (depth++ > 100)
                    return true;
            }
            return false;
        }

        private bool IsReachable(IEntry entry) =>
            entry.State == FileState.Live && (entry.Place.Folder == Place.Root || (Parent(entry) is { } parent && IsReachable(parent)));

        private FolderDocument? Parent(IEntry entry) => _engine.All.OfType<FolderDocument>().FirstOrDefault(folder => folder.Id == entry.Place.Folder);

        private Guid Any(EntryKind kind) => _engine.All.Where(entry => entry.Kind == kind).Select(entry => entry.Id).ToList() is { Count: > 0 } all
            ? all[_random.Next(all.Count)]
            : Guid.Empty;

        /// <summary>An id of which the order of the entries depends, so it must be the same in each run.</summary>
        private Guid NewId()
        {
            var bytes = new byte[16];
            _random.NextBytes(bytes);
            return new Guid(bytes);
        }

        private Guid Folder() => _random.Next(4) == 0 ? Place.Root : Any(EntryKind.Folder);

        private string Name() => s_names[_random.Next(s_names.Length)];

        private OnConflict Choice() => (OnConflict)_random.Next(3);
    }
}
