using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Maintenance;

namespace FileDrop.Api.Commands;

/// <summary>
/// Checks that every file and folder lies in a folder that exists, is in the trash exactly if its folder is, and holds the claim of its name; and that no
/// folder lies in itself. It needs memory for one page of documents.
/// </summary>
/// <remarks>
/// Documents change beside the check. So it reads again what looks wrong, until it has seen the same state twice. Every change of an entry raises its fence, so
/// between the two looks nothing has changed. A repair asks the sweeper to align a folder, claims free names, and deletes claims that no entry stands by.
/// </remarks>
internal sealed class FolderCheck(
    IDocumentCatalog files, IFolderDocumentCatalog folders, IFolderSweepCatalog sweep, IReserve reserve, CheckOptions options, Action<Finding> report)
{
    private const int AtOnce = 500;

    /// <summary>Looks after which the check leaves an entry that changes all the time to the next check.</summary>
    private const int MaxLooks = 5;

    private DateTimeOffset _begun;

    /// <summary>The number of folders so far.</summary>
    public long Folders { get; private set; }

    /// <summary>The number of findings so far.</summary>
    public long Findings { get; private set; }

    /// <summary>Checks the places of a page of files.</summary>
    public Task CheckFilesAsync(IReadOnlyList<CatalogDocument> page, CancellationToken cancellation) =>
        CheckPlacesAsync([.. page.Select(Entry.Of)], cancellation);

    /// <summary>Checks all folders and all claims.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _begun = await folders.NowAsync(cancellation);
        for (Guid? after = null; await folders.ScanFoldersAsync(after, AtOnce, cancellation) is { Count: > 0 } page; after = page[^1].Id)
        {
            Folders += page.Count;
            await CheckPlacesAsync([.. page.Select(Entry.Of)], cancellation);
            await CheckCirclesAsync(page, cancellation);
            foreach (var folder in page)
                await CheckSweepAsync(folder, cancellation);
        }
        (string, EntryKey)? last = null;
        while (await folders.ScanNamesAsync(last, AtOnce, cancellation) is { Count: > 0 } page)
        {
            await CheckNamesAsync(page, cancellation);
            last = (page[^1].Owner, page[^1].Claim.Key);
        }
    }

    private async Task CheckPlacesAsync(IReadOnlyList<Entry> entries, CancellationToken cancellation)
    {
        var placed = entries.Where(entry => entry.Key is not null).ToList();
        if (placed.Count == 0)
            return;
        var parents = await FindFoldersAsync(placed.Select(entry => entry.Place.Folder ?? Place.Root), cancellation);
        var claims = (await folders.FindNamesAsync([.. placed.Select(entry => (entry.Owner, entry.Key ?? default)).Distinct()], cancellation))
            .ToDictionary(each => (each.Owner, each.Claim.Key), each => each.Claim);
        foreach (var entry in placed)
        {
            var key = entry.Key ?? default;
            var seen = new Evidence(entry, parents.GetValueOrDefault((entry.Owner, key.Folder)), claims.GetValueOrDefault((entry.Owner, key)), Holder: null);
            if (Judge(seen).Any() && await LookAgainAsync(entry, cancellation) is { } certain)
            {
                foreach (var (kind, detail) in Judge(certain))
                    await ReportAsync(certain.Entry, kind, detail, cancellation);
            }
        }
    }

    /// <summary>Judges the place of an entry.</summary>
    private static IEnumerable<(FindingKind Kind, string Detail)> Judge(Evidence evidence)
    {
        var (entry, parent, claim, holder) = evidence;
        if (entry.Key is not { } key)
            yield break;
        var isLive = entry.State == FileState.Live;
        if (key.Folder == Place.Root ? !isLive : parent is { IsFolder: true, Sweep: FolderSweep.None } && (parent.State == FileState.Live) != isLive)
            yield return (FindingKind.HalfCarried, isLive ? "It is live, but its folder is in the trash." : "It is in the trash with its folder, which is live.");
        // Entries that a purged folder carried are there until its sweep has ended.
        else if (key.Folder != Place.Root && parent is not { IsFolder: true } && (isLive || parent is not { State: FileState.Deleted, Sweep: not FolderSweep.None }))
            yield return (FindingKind.ParentMissing, $"Its folder {key.Folder} does not exist.");
        if (claim is not null && entry.StandsBy(claim))
            yield break;
        yield return holder is not null && claim is not null && holder.StandsBy(claim)
            ? (FindingKind.NameTwice, $"{holder.Kind} {holder.Id} has the same name: {entry.Name}.")
            : (FindingKind.NameUnclaimed, $"Its name is not claimed: {entry.Name}.");
    }

    /// <summary>Reads an entry and what belongs to it until it has seen the same twice; null if the entry is gone or changes all the time.</summary>
    private async Task<Evidence?> LookAgainAsync(Entry entry, CancellationToken cancellation)
    {
        Evidence? last = null;
        for (var look = 0; look < MaxLooks; look++)
        {
            var now = await LookAsync(entry, cancellation);
            if (now is null || now == last)
                return now;
            last = now;
        }
        return null;
    }

    private async Task<Evidence?> LookAsync(Entry former, CancellationToken cancellation)
    {
        if (await FindAsync(former.Owner, former.Kind, former.Id, cancellation) is not { } entry)
            return null;
        if (entry.Key is not { } key)
            return new Evidence(entry, Parent: null, Claim: null, Holder: null);
        var parents = await FindFoldersAsync([key.Folder], cancellation);
        var claim = (await folders.FindNamesAsync([(entry.Owner, key)], cancellation)).Select(each => each.Claim).FirstOrDefault();
        var holder = claim is null || claim.Id == entry.Id ? null : await FindAsync(entry.Owner, claim.Kind, claim.Id, cancellation);
        return new Evidence(entry, parents.GetValueOrDefault((entry.Owner, key.Folder)), claim, holder);
    }

    private async Task ReportAsync(Entry entry, FindingKind kind, string detail, CancellationToken cancellation)
    {
        var folder = entry.Place.Folder ?? Place.Root;
        var repaired = options.Repair && kind switch
        {
            FindingKind.HalfCarried => folder != Place.Root && await reserve.FreeAsync(() => folders.MarkDueAsync(entry.Owner, folder, cancellation)),
            FindingKind.NameUnclaimed => (await folders.SettleAsync(entry.Owner, entry.Kind, entry.Id, Settling.InPlace, cancellation)).Outcome == ChangeOutcome.Done,
            _ => false,
        };
        Report(kind, entry, detail, repaired);
    }

    /// <summary>Finds circles by walking from each folder to the root, one level of all folders at a time.</summary>
    private async Task CheckCirclesAsync(IReadOnlyList<FolderDocument> page, CancellationToken cancellation)
    {
        var walks = page.Where(folder => Entry.Of(folder).Key is not null).Select(folder => new Walk(folder)).ToList();
        while (true)
        {
            foreach (var circle in walks.Where(walk => walk.Next == walk.Start.Id))
            {
                // The same circle twice: nothing has moved in between.
                if (await MeasureCircleAsync(circle.Start, cancellation) is { } measure && measure == await MeasureCircleAsync(circle.Start, cancellation))
                    Report(FindingKind.FolderCircle, Entry.Of(circle.Start), $"It lies in itself, in a circle of {measure.Folders} folders.", repaired: false);
            }
            walks.RemoveAll(walk => walk.Next == Place.Root || walk.Next == walk.Start.Id);
            if (walks.Count == 0)
                return;
            var found = await FindFoldersAsync(walks.Select(walk => walk.Next), cancellation);
            walks.RemoveAll(walk => !walk.Step(found.GetValueOrDefault((walk.Start.Owner, walk.Next))));
        }
    }

    /// <summary>Walks around a circle. Null if there is none any more.</summary>
    private async Task<(int Folders, int Hash)?> MeasureCircleAsync(FolderDocument member, CancellationToken cancellation)
    {
        if ((await FindFoldersAsync([member.Id], cancellation)).GetValueOrDefault((member.Owner, member.Id)) is not { } start)
            return null;
        var (walk, count, hash) = (new Walk(start), 1, HashCode.Combine(start.Id, start.Place.Fence));
        for (; walk.Next != start.Id; count++)
        {
            var folder = (await FindFoldersAsync([walk.Next], cancellation)).GetValueOrDefault((start.Owner, walk.Next));
            if (!walk.Step(folder))
                return null;
            hash = HashCode.Combine(hash, folder?.Id, folder?.Place.Fence);
        }
        return (count, hash);
    }

    private async Task CheckSweepAsync(FolderDocument folder, CancellationToken cancellation)
    {
        if (!IsOverdue(folder) || (await FindFoldersAsync([folder.Id], cancellation)).GetValueOrDefault((folder.Owner, folder.Id)) is not { } again || !IsOverdue(again))
            return;
        if (options.Repair)
            await reserve.FreeAsync(() => sweep.SweepFolderAsync(folder.Owner, folder.Id, cancellation));
        Report(FindingKind.SweepOverdue, Entry.Of(folder), "Its entries should have followed it, or it should have been purged.", options.Repair);

        bool IsOverdue(FolderDocument one) => _begun - one.SweepAt > options.SweepersTime;
    }

    private async Task CheckNamesAsync(IReadOnlyList<(string Owner, NameClaim Claim)> page, CancellationToken cancellation)
    {
        var old = page.Where(each => _begun - each.Claim.At > options.Lease).ToList();
        var holders = (await FindFoldersAsync(old.Where(each => each.Claim.Kind == EntryKind.Folder).Select(each => each.Claim.Id), cancellation))
            .Values.Select(Entry.Of).Concat((await files.FindDocumentsAsync(
                [.. old.Where(each => each.Claim.Kind == EntryKind.File).Select(each => each.Claim.Id).Distinct()], cancellation)).Select(Entry.Of))
            .ToLookup(entry => (entry.Owner, entry.Kind, entry.Id));
        foreach (var (owner, claim) in old)
        {
            if (holders[(owner, claim.Kind, claim.Id)].Any(entry => entry.StandsBy(claim))
                || (await FindAsync(owner, claim.Kind, claim.Id, cancellation))?.StandsBy(claim) == true
                || !(await folders.FindNamesAsync([(owner, claim.Key)], cancellation)).Any(each => each.Claim == claim))
                continue;
            var repaired = options.Repair && await reserve.FreeAsync(() => folders.DropNameAsync(owner, claim, cancellation));
            Report(
                FindingKind.DeadClaim, new Entry(owner, claim.Kind, claim.Id, default, claim.Key.Name, new Place(claim.Key.Folder, claim.Fence, claim.Operation)),
                $"The name {claim.Key.Name} in folder {claim.Key.Folder} is claimed, but nothing has it.", repaired);
        }
    }

    private async Task<Entry?> FindAsync(string owner, EntryKind kind, Guid id, CancellationToken cancellation) => kind == EntryKind.Folder
        ? (await FindFoldersAsync([id], cancellation)).Values.Where(folder => folder.Owner.Equals(owner, StringComparison.Ordinal)).Select(Entry.Of).FirstOrDefault()
        : (await files.FindDocumentsAsync([id], cancellation)).Where(file => file.Owner.Equals(owner, StringComparison.Ordinal)).Select(Entry.Of).FirstOrDefault();

    private async Task<Dictionary<(string Owner, Guid Id), FolderDocument>> FindFoldersAsync(IEnumerable<Guid> ids, CancellationToken cancellation) =>
        (await folders.FindFoldersAsync([.. ids.Where(id => id != Place.Root).Distinct()], cancellation)).ToDictionary(folder => (folder.Owner, folder.Id));

    private void Report(FindingKind kind, Entry entry, string detail, bool repaired)
    {
        Findings++;
        var isFile = entry.Kind == EntryKind.File;
        report(new Finding(kind, isFile ? entry.Id : Guid.Empty, Guid.Empty, null, detail, repaired, entry.Owner, isFile ? entry.Place.Folder : entry.Id));
    }

    /// <summary>A file or folder, as far as its place is concerned.</summary>
    private sealed record Entry(string Owner, EntryKind Kind, Guid Id, FileState State, string? Name, Place Place)
    {
        /// <summary>The name that it must have claimed; null if it need not.</summary>
        public EntryKey? Key => State is FileState.Live or FileState.Carried && Name is { } name && Place.Folder is { } folder ? EntryKey.Of(folder, name) : null;

        public static Entry Of(FolderDocument folder) => new(folder.Owner, EntryKind.Folder, folder.Id, folder.State, folder.Name, folder.Place);

        public static Entry Of(CatalogDocument file) =>
            new(file.Owner, EntryKind.File, file.FileId, file.State, file.File?.Name, file.File?.Place ?? Place.Loose);

        public bool StandsBy(NameClaim claim) => claim.Id == Id && claim.Operation == Place.Claim && Key == claim.Key;
    }

    /// <summary>An entry, its folder, the claim of its name, and the entry in the claim if it is another one.</summary>
    private sealed record Evidence(Entry Entry, FolderDocument? Parent, NameClaim? Claim, Entry? Holder);

    /// <summary>A walk from a folder towards the root. It ends in every circle.</summary>
    private sealed class Walk(FolderDocument start)
    {
        private Guid _mark = start.Id;
        private int _steps;
        private int _limit = 1;

        public FolderDocument Start => start;

        /// <summary>The folder to go to.</summary>
        public Guid Next { get; private set; } = start.Place.Folder ?? Place.Root;

        /// <summary>Goes to the next folder. False if the walk ends there, or meets a folder from which the same circle is found.</summary>
        public bool Step(FolderDocument? folder)
        {
            if (folder is not { State: FileState.Live or FileState.Carried, Place.Folder: { } parent } || folder.Id.CompareTo(start.Id) < 0 || folder.Id == _mark)
                return false;
            // Brent's algorithm: a mark that moves ever farther ahead is met again in a circle that does not contain the start.
            if (++_steps == _limit)
                (_mark, _steps, _limit) = (folder.Id, 0, _limit * 2);
            Next = parent;
            return true;
        }
    }
}
