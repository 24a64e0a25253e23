using FileDrop.Api.Catalog;

namespace FileDrop.Api.Commands;

/// <summary>The folders of a backup during its import, and the places of its files.</summary>
/// <remarks>
/// <para>Folders and files come in any order, so each is inserted without the claim of its name, which marks it as unfinished. If its folder is here, it is
/// settled at once: it claims its name, or a numbered one if an entry here has it. The rest is settled at the end. An import after an interrupted one settles
/// what that one left.</para>
/// <para>Existing folders stay as they are. An imported folder is due for a sweep, which lets entries follow it that were exported before or after they
/// changed.</para>
/// </remarks>
internal sealed class ImportedPlaces(IFolderDocumentCatalog folders, Action<string> complain)
{
    private const int AtOnce = 500;

    /// <summary>Files that came before their folders, by their owners.</summary>
    private readonly Dictionary<string, List<Guid>> _waiting = new(StringComparer.Ordinal);

    /// <summary>The number of folders that are new here.</summary>
    public long Imported { get; private set; }

    /// <summary>The number of folders that existed here and stayed unchanged.</summary>
    public long Present { get; private set; }

    /// <summary>The number of folders that could not be imported.</summary>
    public long Failed { get; private set; }

    /// <summary>Takes a folder of the backup.</summary>
    /// <param name="id">The folder's id.</param>
    /// <param name="document">The folder; null if it cannot be read.</param>
    /// <param name="problem">The reason to refuse it, or null.</param>
    /// <param name="cancellation">Ends the import.</param>
    public async Task TakeAsync(Guid id, BackedUpFolder? document, string? problem, CancellationToken cancellation)
    {
        if (document is null || problem is not null)
        {
            Refuse($"Folder {id} was not imported: its document in the backup cannot be used, because {problem}.");
            return;
        }
        var isNew = await folders.ImportFolderAsync(document.Folder, document.Carried, cancellation);
        if (isNew)
            Imported++;
        else
            Judge(document, await folders.FindFoldersAsync([id], cancellation) is [var here, ..] ? here : null);
        if (isNew && document.Folder.DeletedAt is null
            && await folders.SettleAsync(document.Owner, EntryKind.Folder, id, Settling.Early, cancellation) is { Outcome: ChangeOutcome.Done } settled)
            Tell(EntryKind.Folder, id, settled);
    }

    /// <summary>Settles a file of the backup, now or at the end.</summary>
    public async Task SettleAsync(string owner, Guid file, CancellationToken cancellation)
    {
        var settlement = await folders.SettleAsync(owner, EntryKind.File, file, Settling.Early, cancellation);
        if (settlement.Outcome is ChangeOutcome.Done or ChangeOutcome.NotFound)
            Tell(EntryKind.File, file, settlement);
        else if (_waiting.TryGetValue(owner, out var files))
            files.Add(file);
        else
            _waiting[owner] = [file];
    }

    /// <summary>Settles everything that waits.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        for (Guid? after = null; await folders.ScanFoldersAsync(after, AtOnce, cancellation) is { Count: > 0 } page; after = page[^1].Id)
        {
            foreach (var folder in page.Where(folder => folder is { State: FileState.Live or FileState.Carried, Place.Claim: null }))
                Tell(EntryKind.Folder, folder.Id, await folders.SettleAsync(folder.Owner, EntryKind.Folder, folder.Id, Settling.Final, cancellation));
        }
        foreach (var (owner, files) in _waiting)
        {
            foreach (var file in files)
                Tell(EntryKind.File, file, await folders.SettleAsync(owner, EntryKind.File, file, Settling.Final, cancellation));
        }
        _waiting.Clear();
    }

    /// <summary>Decides the outcome if the catalog already has the id.</summary>
    private void Judge(BackedUpFolder document, FolderDocument? here)
    {
        if (here is { IsFolder: true } && here.Owner.Equals(document.Owner, StringComparison.Ordinal))
        {
            Present++;
            return;
        }
        Refuse(here is null || here.Owner.Equals(document.Owner, StringComparison.Ordinal)
            ? $"Folder {document.Folder.Id} ({document.Folder.Name}) was not imported: it was deleted here and is not swept yet. Import it again once the sweeper has run."
            : $"Folder {document.Folder.Id} ({document.Folder.Name}) was not imported: its id belongs to another owner here, {here.Owner}.");
    }

    /// <summary>Says what has become of an entry, if it is not as in the backup.</summary>
    private void Tell(EntryKind kind, Guid id, Settlement settlement)
    {
        var (outcome, wanted, name, fault) = settlement;
        var where = kind == EntryKind.File ? "is now in no folder" : "is now in the root";
        var why = fault switch
        {
            ChangeOutcome.FolderNotFound => "because its folder is neither in the backup nor here",
            ChangeOutcome.Circle => "because it would lie in itself",
            ChangeOutcome.TooDeep => $"because it would lie more than {Place.MaxDepth} folders deep",
            _ => "because its name is taken in its folder",
        };
        if (fault is not null)
            complain($"{kind} {id} ({wanted}) {where}, {why}.");
        if (outcome == ChangeOutcome.Done && !string.Equals(wanted, name, StringComparison.Ordinal))
            complain($"{kind} {id} ({wanted}) is now named {name}, because another entry here has its name in its folder.");
        if (outcome == ChangeOutcome.NameTaken)
            complain($"{kind} {id} ({wanted}) has no name of its own, because too many entries have its name. Rename it.");
    }

    private void Refuse(string message)
    {
        Failed++;
        complain(message);
    }
}
