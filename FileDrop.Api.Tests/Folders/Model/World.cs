namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>The events of a run.</summary>
internal enum Scene
{
    /// <summary>Users create, move, trash and restore files, and move folders.</summary>
    NamesAndMoves,

    /// <summary>Users also create, trash and restore folders, change contents and find documents by path.</summary>
    FolderTrash,

    /// <summary>Users also purge. A folder is in the trash from the start.</summary>
    Purging,

    /// <summary>One folder is deleted and restored many times, and nothing else happens.</summary>
    Undisturbed,
}

/// <summary>One run: a small tree, some actors, an order that the seed decides, and the checks. This file holds what happens.</summary>
internal sealed partial class World
{
    private readonly Random _random;
    private readonly Witness _witness;
    private readonly Interleaving _interleaving;
    private readonly Store _store;
    private readonly Protocol _protocol;
    private readonly Reader _reader;
    private int _created;
    private long _checked;

    /// <param name="seed">Decides everything: the same seed gives the same run.</param>
    /// <param name="without">The guard that is left out.</param>
    public World(int seed, Guard without)
    {
        Scene = (Scene)(seed % 4);
        _random = new Random(seed);
        _witness = new Witness(without);
        _interleaving = new Interleaving(_random);
        _store = new Store(_interleaving, _witness);
        _protocol = new Protocol(_store, _witness, without);
        _reader = new Reader(_store, without);
        foreach (var (id, parent) in new[] { ("A", Protocol.Root), ("B", Protocol.Root), ("C", "A"), ("D", "C") })
            Put(id, isFolder: true, new Location(parent, id));
        foreach (var (id, parent) in new[] { ("x", "A"), ("y", "C"), ("z", "D") })
            Put(id, isFolder: false, new Location(parent, "1"));
    }

    public Scene Scene { get; }

    public Counts Counts => new(
        _interleaving.Steps, _interleaving.Deaths, _protocol.Takeovers, _protocol.CirclesRefused, _protocol.FencesRaised);

    /// <summary>Runs to the first violation. Null: there was none.</summary>
    public string? Run()
    {
        switch (Scene)
        {
            case Scene.Undisturbed:
                return RunUndisturbed();
            case Scene.NamesAndMoves when _random.Next(8) == 0:
                return Play(2, number => number == 0 ? MoveFolderAsync("B", "D") : TrashAndRestoreAsync("A", "B")) ?? Rest();
            case Scene.Purging:
                _interleaving.Finish(() => _protocol.TrashAsync(Any("A", "C")));
                if (_random.Next(2) == 0)
                    SweepAll();
                break;
        }
        return Play(12, number => number < 5 ? UserAsync() : number < 9 ? SweeperAsync() : number < 11 ? SequencerAsync() : ReaderAsync())
            ?? Rest() ?? EveryNameCanBeHad() ?? EverythingCanBeRestored();
    }

    /// <summary>Users delete and restore one folder, and sweepers follow; any of them may die. All that was there comes back.</summary>
    private string? RunUndisturbed()
    {
        _interleaving.Finish(() => _protocol.TrashAsync(Any("y", "D", "z")));
        var early = Rest();
        var (before, folder) = (Tree(), Any("A", "C"));
        if ((early ?? Play(7, number => number < 3 ? UserOfAsync(folder) : SweeperAsync()) ?? Rest()) is { } violation)
            return violation;
        RestoreAtLast(folder, folder);
        return Rest() ?? (Tree() == before ? null : $"{folder} was deleted and restored, and was {before}, and is {Tree()}");
    }

    private string? Play(int actors, Func<int, Task> actor) =>
        _interleaving.Run(Enumerable.Range(0, actors).Select(number => (Func<Task>)(() => actor(number))), CheckChanges);

    /// <summary>Checks the store if the last step has changed it.</summary>
    private string? CheckChanges()
    {
        if (_checked == _store.Changes)
            return null;
        _checked = _store.Changes;
        return _witness.Check(_store);
    }

    private async Task UserAsync()
    {
        for (var act = 0; act < 3; act++)
            await ActAsync();
    }

    /// <summary>A random act of a user. The scene decides which acts there are.</summary>
    private Task ActAsync() => _random.Next(Scene switch { Scene.NamesAndMoves => 7, Scene.FolderTrash => 17, _ => 22 }) switch
    {
        0 => _protocol.CreateAsync(NewDocument(isFolder: false), AnyLocation()),
        1 => _protocol.MoveAsync(Pick(isFolder: false), AnyLocation()),
        2 => _protocol.TrashAsync(Pick(isFolder: false)),
        3 => RestoreAsync(Pick(isFolder: false, State.Trash)),
        4 or 5 or 6 => _protocol.MoveAsync(Pick(isFolder: true), AnyLocation()),
        7 => _protocol.CreateAsync(NewDocument(isFolder: true), AnyLocation()),
        8 => _protocol.ReplaceAsync(Pick(isFolder: false)),
        9 => _protocol.ResolveAsync("A", "C", "D", "1"),
        10 or 11 or 12 => _protocol.TrashAsync(Pick(isFolder: true)),
        13 or 14 or 15 or 16 => RestoreAsync(Pick(isFolder: true, State.Trash)),
        17 or 18 or 19 or 20 => _protocol.PurgeAsync(Pick(isFolder: true, State.Trash)),
        _ => _protocol.PurgeAsync(Pick(isFolder: false, State.Trash)),
    };

    /// <summary>Restores to the own name, or to another one anywhere.</summary>
    private Task RestoreAsync(string id) => _random.Next(3) == 0 || !_store.Documents.TryGetValue(id, out var document)
        ? _protocol.RestoreAsync(id, AnyName(), AnyLocation().Parent)
        : _protocol.RestoreAsync(id, document.Location.Name);

    private async Task UserOfAsync(string folder)
    {
        for (var act = 0; act < 6; act++)
            await (_random.Next(2) == 0 ? _protocol.TrashAsync(folder) : _protocol.RestoreAsync(folder, folder));
    }

    private Task MoveFolderAsync(string id, string parent) => _protocol.MoveAsync(id, new Location(parent, id));

    private async Task TrashAndRestoreAsync(string id, string elsewhere)
    {
        await _protocol.TrashAsync(id);
        await _protocol.RestoreAsync(id, id, elsewhere);
    }

    private async Task SweeperAsync()
    {
        for (var pass = 0; pass < 4; pass++)
        {
            if (_random.Next(3) == 0)
                await _protocol.RemoveTombstoneAsync(Pick(isFolder: _random.Next(3) != 0, State.Deleted));
            await (Due() is { Count: > 0 } due ? _protocol.SweepAsync(Any(due)) : _interleaving.StepAsync());
        }
    }

    private async Task SequencerAsync()
    {
        for (var round = 0; round < 4; round++)
            await _protocol.SequenceAsync();
    }

    private async Task ReaderAsync()
    {
        await _reader.ListAsync();
        for (var round = 0; round < 4; round++)
            await _reader.FollowAsync();
    }

    private void Put(string id, bool isFolder, Location location)
    {
        var document = new Document(id, isFolder)
        {
            State = State.Live,
            Location = location,
            Claim = "first" + id,
            Place = 1,
            Revision = 1,
            Unsaid = true,
        };
        _store.Documents[id] = document;
        _store.Claims[location] = new Claim(id, document.Claim, 0);
        _witness.Saw(document, document, 0);
    }

    private string NewDocument(bool isFolder)
    {
        var id = (isFolder ? "folder" : "file") + _created++;
        _store.Documents[id] = new Document(id, isFolder);
        return id;
    }

    private T Any<T>(params IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    private Location AnyLocation() => new(_random.Next(4) == 0 ? Protocol.Root : Pick(isFolder: true), AnyName());

    private string AnyName() => Any("1", "2", "C");

    /// <summary>Any file or any folder, of the state if one is given; <c>none</c> if there is none.</summary>
    private string Pick(bool isFolder, State? state = null)
    {
        var all = Where(document => document.IsFolder == isFolder && (state is null || document.State == state));
        return all.Count > 0 ? Any(all) : "none";
    }

    private List<string> Due() => Where(document => document.Sweep != Sweep.None);

    private List<string> Where(Func<Document, bool> query) => [.. _store.Documents.Values.Where(query).Select(document => document.Id)];
}

/// <summary>How often things happened in one run, or in several.</summary>
/// <param name="Steps">Calls of the store.</param>
/// <param name="Deaths">Actors that died.</param>
/// <param name="Takeovers">Claims that were taken over.</param>
/// <param name="CirclesRefused">Moves and restorations that would have closed a circle.</param>
/// <param name="FencesRaised">Places that were raised to end an unfinished operation, or to stop a late sweeper.</param>
internal readonly record struct Counts(long Steps, long Deaths, long Takeovers, long CirclesRefused, long FencesRaised)
{
    public static Counts operator +(Counts one, Counts other) => new(
        one.Steps + other.Steps, one.Deaths + other.Deaths, one.Takeovers + other.Takeovers,
        one.CirclesRefused + other.CirclesRefused, one.FencesRaised + other.FencesRaised);
}
