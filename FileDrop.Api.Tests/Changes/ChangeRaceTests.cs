using System.Diagnostics;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Changes;

/// <summary>
/// Writers, sequencers and readers at once, at two replicas. Sequencers die at any step, and are replaced. Readers take a cursor, list, and follow; some sleep for
/// long. Each of them ends up with all that is there, and never sees anything go back.
/// </summary>
public abstract class ChangeRaceTests(EngineStore store)
{
    private static readonly CatalogRules s_rules = Rules;

    [Theory]
    [InlineData(3, 1)]
    [InlineData(60, 2, Traits = ["Run", "nightly"])]
    public async Task Readers_miss_no_last_state_meet_no_gap_and_see_no_version_go_back(int seconds, int owners)
    {
        for (var owner = 0; owner < owners; owner++)
            await new Race(store, $"owner-{Guid.NewGuid():N}", Random.Shared.Next()).RunAsync(TimeSpan.FromSeconds(seconds / (double)owners));
    }

    private sealed class Race(EngineStore store, string owner, int seed)
    {
        private const int Writers = 4, Sequencers = 3, Readers = 5;

        private readonly List<Guid> _files = [];
        private readonly List<Guid> _folders = [];
        private readonly Lock _lock = new();
        private long _began;
        private TimeSpan _length;

        private bool IsOver => Stopwatch.GetElapsedTime(_began) > _length;

        public async Task RunAsync(TimeSpan length)
        {
            (_began, _length) = (Stopwatch.GetTimestamp(), length);
            for (var i = 0; i < 3; i++)
                await CreateAsync(Replica(0), Place.Root, $"first {i}");
            List<Reader> readers = [.. Enumerable.Range(0, Readers).Select(number => new Reader(Replica(number), owner, new Random(seed + number)))];
            await Task.WhenAll(
            [
                .. Enumerable.Range(0, Writers).Select(number => WriteAsync(Replica(number), new Random(seed + 100 + number))),
                .. Enumerable.Range(0, Sequencers).Select(number => SequenceAsync(Replica(number), new Random(seed + 200 + number))),
                SweepAsync(Replica(0)),
                .. readers.Select(reader => reader.FollowAsync(() => IsOver)),
            ]);
            var last = new Process(store.Engine);
            await last.Changes.SayAsync(default);
            var live = await last.ListAsync(owner);
            Assert.True(live.Count > 3, "something is left");
            foreach (var reader in readers)
            {
                await reader.CatchUpAsync();
                Assert.Equal(Tell(live), Tell(reader.Copy));
            }
            // Somebody with the oldest cursor of all learns the same.
            var late = new Reader(last, owner, new Random(seed));
            await late.CatchUpAsync();
            Assert.Equal(Tell(live), Tell(late.Copy));
        }

        private Process Replica(int number) => new(number % 2 == 0 ? store.Engine : store.Other);

        private static string Tell(IReadOnlyDictionary<Guid, FolderEntry> entries) =>
            string.Join('\n', entries.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {Name(entry.Value)}, {Version(entry.Value)}"));

        private async Task WriteAsync(Process process, Random random)
        {
            while (!IsOver)
            {
                try
                {
                    await ActAsync(process, random);
                }
                catch (StorageException)
                {
                    // Others always came first.
                }
            }
        }

        private Task ActAsync(Process process, Random random) => random.Next(14) switch
        {
            0 => CreateAsync(process, Any(_folders, random) ?? Place.Root, $"{random.Next()}"),
            1 => CreateFolderAsync(process, Any(_folders, random) ?? Place.Root, $"{random.Next()}"),
            2 or 3 or 4 => process.Files.ChangeAsync(owner, File(random), new MetadataChange(null, null), default),
            5 => process.Files.ChangeAsync(owner, File(random), new MetadataChange($"{random.Next()}", null), default),
            6 => process.Files.ChangeAsync(
                owner, File(random), new MetadataChange(null, null) { Folder = Any(_folders, random) ?? Place.Root, OnConflict = OnConflict.Rename }, default),
            7 => process.Files.DeleteAsync(owner, File(random), null, permanent: random.Next(4) == 0, default),
            8 or 9 => process.Files.RestoreAsync(owner, File(random), null, OnConflict.Rename, default),
            10 => process.Folders.ChangeFolderAsync(owner, Folder(random), new FolderChange($"{random.Next()}", Any(_folders, random), OnConflict.Rename), default),
            11 => process.Folders.DeleteFolderAsync(owner, Folder(random), null, permanent: random.Next(8) == 0, default),
            _ => process.Folders.RestoreFolderAsync(owner, Folder(random), null, OnConflict.Rename, default),
        };

        private async Task SweepAsync(Process process)
        {
            while (!IsOver)
            {
                foreach (var (of, id) in (await process.Folders.FindDueFoldersAsync(100, default)).Where(due => due.Owner == owner))
                    await process.Folders.SweepFolderAsync(of, id, default);
                await Task.Delay(20);
            }
        }

        private async Task SequenceAsync(Process process, Random random)
        {
            while (process.Marks is { } marks && !IsOver)
            {
                try
                {
                    var dying = new DyingCalls(random.Next(1, 12), random.Next(2) == 0 ? Fault.Before : Fault.After);
                    await new ChangeCatalog(process.Engine, dying.WrapOne(marks)).SayAsync(default);
                    await Task.Delay(random.Next(10));
                }
                catch (CutException)
                {
                    // Another process takes over.
                }
            }
        }

        private async Task CreateAsync(Process process, Guid folder, string name)
        {
            var (id, intent) = (Guid.CreateVersion7(), NewIntent());
            await process.Files.BeginCreateAsync(owner, id, intent, 1, default);
            if ((await process.Files.CommitAsync(owner, id, intent, Commit(name: name) with { Folder = folder }, default)).Outcome == ChangeOutcome.Done)
                Add(_files, id);
        }

        private async Task CreateFolderAsync(Process process, Guid parent, string name)
        {
            var id = Guid.CreateVersion7();
            if ((await process.Folders.CreateFolderAsync(owner, id, new Target(parent, name), default)).Outcome == ChangeOutcome.Done)
                Add(_folders, id);
        }

        private void Add(List<Guid> ids, Guid id)
        {
            lock (_lock)
                ids.Add(id);
        }

        private Guid File(Random random) => Any(_files, random) ?? default;

        private Guid Folder(Random random) => Any(_folders, random) ?? default;

        private Guid? Any(List<Guid> ids, Random random)
        {
            lock (_lock)
                return ids.Count == 0 ? null : ids[random.Next(ids.Count)];
        }
    }

    /// <summary>A replica: its catalogs, and its sequencer's steps.</summary>
    private sealed class Process(ICatalogEngine engine)
    {
        public IChangeEngine Engine { get; } = (IChangeEngine)engine;

        public IMarkedChanges? Marks { get; } = engine as IMarkedChanges;

        public ChangeCatalog Changes { get; } = new((IChangeEngine)engine, engine as IMarkedChanges);

        public FileCatalog Files { get; } = new(engine, (IFolderEngine)engine, (IIdempotencyRecords)engine, s_rules);

        public FolderCatalog Folders { get; } = new((IFolderEngine)engine, s_rules);

        /// <summary>All live files and folders of an owner.</summary>
        public async Task<Dictionary<Guid, FolderEntry>> ListAsync(string owner)
        {
            var all = new Dictionary<Guid, FolderEntry>();
            for (Guid? after = null; await Files.ScanAsync(after, 500, default) is { Count: > 0 } page; after = page[^1].FileId)
            {
                foreach (var file in page.Where(file => file.Owner == owner && file.State == FileState.Live))
                    all[file.FileId] = new FolderEntry(Folder: null, file.File);
            }
            for (Guid? after = null; await Folders.ScanFoldersAsync(after, 500, default) is { Count: > 0 } page; after = page[^1].Id)
            {
                foreach (var folder in page.Where(folder => folder.Owner == owner && folder.State == FileState.Live))
                    all[folder.Id] = new FolderEntry(folder.ToFolder(), File: null);
            }
            return all;
        }
    }

    /// <summary>A client that keeps a copy.</summary>
    private sealed class Reader(Process process, string owner, Random random)
    {
        private readonly Dictionary<Guid, long> _seen = [];
        private long _cursor;

        public Dictionary<Guid, FolderEntry> Copy { get; private set; } = [];

        public async Task FollowAsync(Func<bool> isOver)
        {
            // Cursor first, then the list.
            await Task.Delay(random.Next(500));
            _cursor = await process.Changes.FindLastAsync(owner, default);
            Copy = await process.ListAsync(owner);
            foreach (var (id, entry) in Copy)
                See(id, entry);
            while (!isOver())
            {
                await ReadAsync(random.Next(1, 50));
                if (random.Next(20) == 0)
                    await Task.Delay(random.Next(1_000));
            }
        }

        /// <summary>Reads to the end of the feed.</summary>
        public async Task CatchUpAsync()
        {
            while (await ReadAsync(100))
            {
            }
        }

        private async Task<bool> ReadAsync(int limit)
        {
            var page = await process.Changes.ReadAsync(owner, _cursor, limit, default);
            Assert.True(page is not null, $"There is a gap behind {_cursor}.");
            foreach (var (mark, entry) in page.Changes)
            {
                Assert.InRange(mark.Number, _cursor + 1, page.Last);
                if (entry is null)
                    Copy.Remove(mark.Id);
                else
                    See(mark.Id, Copy[mark.Id] = entry);
            }
            _cursor = page.Last;
            return page.HasMore;
        }

        private void See(Guid id, FolderEntry entry)
        {
            Assert.True(Version(entry) >= _seen.GetValueOrDefault(id), $"{Name(entry)} went back from version {_seen.GetValueOrDefault(id)} to {Version(entry)}.");
            _seen[id] = Version(entry);
        }
    }

    private static string Name(FolderEntry entry) => entry.File?.Name ?? entry.Folder?.Name ?? "";

    private static long Version(FolderEntry entry) => entry.File?.Version ?? entry.Folder?.Version ?? 0;
}

/// <summary>Races on SQLite.</summary>
public sealed class ChangeRaceOnSqliteTests(SqliteEngineStore store) : ChangeRaceTests(store), IClassFixture<SqliteEngineStore>;

/// <summary>Races on MongoDB.</summary>
public sealed class ChangeRaceOnClusterTests(MongoEngineStore store) : ChangeRaceTests(store), IClassFixture<MongoEngineStore>;
