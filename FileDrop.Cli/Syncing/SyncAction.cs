using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The kinds of steps of a plan.</summary>
internal enum Step
{
    /// <summary>Both sides agree: note it.</summary>
    Record,

    /// <summary>Both sides are rid of it: forget it.</summary>
    Forget,

    /// <summary>Rename or move a local entry.</summary>
    MoveLocal,

    /// <summary>Create a local folder.</summary>
    MakeLocalFolder,

    /// <summary>Download a file that is not here.</summary>
    Download,

    /// <summary>Download a newer content over an unchanged local file.</summary>
    ReplaceLocal,

    /// <summary>Move a local file to the local trash, or remove an empty folder.</summary>
    DeleteLocal,

    /// <summary>Rename or move an entry of the service.</summary>
    MoveRemote,

    /// <summary>Create a folder on the service.</summary>
    MakeRemoteFolder,

    /// <summary>Upload a new file.</summary>
    Upload,

    /// <summary>Upload a newer content over an unchanged file of the service.</summary>
    ReplaceRemote,

    /// <summary>Move an entry of the service to its trash.</summary>
    DeleteRemote,
}

/// <summary>One step of a plan.</summary>
/// <param name="Step">The kind.</param>
/// <param name="Unit">The entry that it concerns.</param>
/// <param name="Parent">The folder that it goes to; null if it stays.</param>
/// <param name="Name">The name that it gets, or has.</param>
/// <param name="IsConflict">Whether the step keeps a local copy apart, because both sides have changed.</param>
internal sealed record SyncAction(Step Step, Unit Unit, Unit? Parent, string Name, bool IsConflict = false)
{
    /// <summary>Whether it changes the local side.</summary>
    public bool IsLocal => Step is Step.MoveLocal or Step.MakeLocalFolder or Step.Download or Step.ReplaceLocal or Step.DeleteLocal;

    /// <summary>Whether it changes the service's side.</summary>
    public bool IsRemote => Step is Step.MoveRemote or Step.MakeRemoteFolder or Step.Upload or Step.ReplaceRemote or Step.DeleteRemote;

    /// <summary>Whether it moves a content, which takes time and can go beside others.</summary>
    public bool IsTransfer => Step is Step.Download or Step.ReplaceLocal or Step.Upload or Step.ReplaceRemote;
}

/// <summary>The steps that make both sides equal, in their order, and the entries that are left alone.</summary>
/// <param name="Actions">The steps.</param>
/// <param name="Skipped">The path of each entry that is left alone, with the reason.</param>
internal sealed record Plan(IReadOnlyList<SyncAction> Actions, IReadOnlyList<(string Path, string Reason)> Skipped);

/// <summary>A file or folder in up to three trees. The steps of a plan update it while they are taken.</summary>
internal sealed class Unit(EntryKind kind)
{
    /// <summary>File or folder.</summary>
    public EntryKind Kind { get; } = kind;

    /// <summary>The service's id; null for a local entry that the service does not know.</summary>
    public Guid? Id => Remote?.Id ?? Synced?.Id;

    /// <summary>The agreed state; null if there is none, or none that counts.</summary>
    public SyncedNode? Synced { get; set; }

    /// <summary>The service's state.</summary>
    public RemoteNode? Remote { get; set; }

    /// <summary>The local state.</summary>
    public LocalNode? Local { get; set; }

    /// <summary>The current local folder.</summary>
    public Unit? LocalParent { get; set; }

    /// <summary>The current local name.</summary>
    public string LocalName { get; set; } = "";

    /// <summary>The current folder on the service.</summary>
    public Unit? RemoteParent { get; set; }

    /// <summary>The current name on the service.</summary>
    public string RemoteName { get; set; } = "";

    /// <summary>The folder in which both sides shall have it.</summary>
    public Unit? Parent { get; set; }

    /// <summary>The name that both sides shall have.</summary>
    public string Name { get; set; } = "";

    /// <summary>Whether one side has deleted it.</summary>
    public bool IsDoomed { get; set; }

    /// <summary>The reason why it is left alone; null if it is not.</summary>
    public string? Frozen { get; set; }

    /// <summary>Whether its place is the local one, although the service has it elsewhere.</summary>
    public bool IsPlacedByLocal { get; set; }

    /// <summary>Whether it needs another name, because both sides have changed.</summary>
    public bool IsConflict { get; set; }

    /// <summary>Whether another copy is moving it on the service just now.</summary>
    public bool StaysRemote { get; set; }

    /// <summary>Its number within the plan.</summary>
    public int Number { get; set; }

    /// <summary>The local path below the top, with slashes.</summary>
    public string LocalPath => PathOf(unit => unit.LocalParent, unit => unit.LocalName);

    /// <summary>The path on the service below the top.</summary>
    public string RemotePath => PathOf(unit => unit.RemoteParent, unit => unit.RemoteName);

    /// <summary>A path for a person.</summary>
    public string Path => LocalParent is not null ? LocalPath : RemotePath;

    /// <summary>A copy, on which a step can be tried.</summary>
    public Unit Copy() => (Unit)MemberwiseClone();

    /// <summary>Puts a path together. If others move folders while a plan runs, its units can form a circle, which ends here.</summary>
    private string PathOf(Func<Unit, Unit?> parent, Func<Unit, string> name)
    {
        const int MaxDepth = 4_096;
        var names = new Stack<string>();
        for (var unit = this; parent(unit) is { } above && names.Count < MaxDepth; unit = above)
            names.Push(name(unit));
        return string.Join('/', names);
    }
}
