using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Runs the same operations on several catalogs, which must agree after each on the answer, the document and the usage.</summary>
/// <param name="rules">The protocol's times and counts.</param>
/// <param name="engines">The engines; the first is the model.</param>
/// <param name="clock">The clock of all engines; null if each has its own, and then times are not compared.</param>
internal sealed class CatalogComparison(CatalogRules rules, IReadOnlyList<ICatalogEngine> engines, ManualTime? clock)
{
    private static readonly Guid[] s_takers = [.. Enumerable.Range(0, 3).Select(_ => Guid.NewGuid())];

    private static readonly TimeSpan[] s_waits =
    [
        TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), CatalogRules.ResumableTerm, Rules.LateWrites, Rules.Lease, Rules.Lease,
        Rules.ReadersGrace, Rules.ReadersGrace, Rules.ResumableExpiry, Rules.TrashRetention,
    ];

    /// <summary>The number of times that each operation succeeded.</summary>
    public Dictionary<Verb, int> Done { get; } = [];

    private readonly string _owner = $"owner-{Guid.NewGuid():N}";
    private readonly FileCatalog[] _catalogs = [.. engines.Select(engine => new FileCatalog(engine, (IFolderEngine)engine, (IIdempotencyRecords)engine, rules))];
    private readonly KnownFile[] _files = [new KnownFile(), new KnownFile()];

    public async Task RunAsync(IEnumerable<CatalogOperation> operations)
    {
        foreach (var operation in operations)
            await RunAsync(operation, _files[operation.File]);
    }

    private async Task RunAsync(CatalogOperation operation, KnownFile file)
    {
        var document = (await engines[0].LoadAsync(_owner, file.Id, DocumentParts.Settled, default)).Document;
        var act = Prepare(operation, file, document);
        var answers = new string[engines.Count];
        for (var i = 0; i < engines.Count; i++)
        {
            var answer = await AnswerAsync(() => act(_catalogs[i]));
            // A tombstone waits for the feed, which other engines fill within the change itself.
            if (engines[i] is IMarkedChanges marks)
                await new ChangeCatalog((IChangeEngine)engines[i], marks).SayAsync(_owner, default);
            answers[i] = Described.Text(answer, times: clock is not null);
            if (i > 0)
                continue;
            if (answer is not (null or false or string or ChangeResult { Outcome: not ChangeOutcome.Done }))
                Done[operation.Verb] = Done.GetValueOrDefault(operation.Verb) + 1;
            if (answer is SweepWork work)
                file.Claimed = work.Deletions;
        }
        Agree($"{operation}: the answer", answers);
        for (var i = 0; i < engines.Count; i++)
            answers[i] = (await engines[i].LoadAsync(_owner, file.Id, DocumentParts.Settled, default)).Document.Describe(times: clock is not null);
        Agree($"{operation}: the document", answers);
        for (var i = 0; i < engines.Count; i++)
            answers[i] = Described.Text(await engines[i].FindUsageAsync(_owner, default));
        Agree($"{operation}: the usage", answers);
        if (clock is null)
            return;
        for (var i = 0; i < engines.Count; i++)
            answers[i] = Described.Text((await engines[i].FindDueAsync(10_000, default)).Where(due => due.Owner == _owner).Select(due => due.Id).Order());
        Agree($"{operation}: what is due", answers);
    }

    /// <summary>Prepares the operation, so that random values of the caller are the same for all catalogs.</summary>
    private Func<FileCatalog, Task<object?>> Prepare(CatalogOperation operation, KnownFile file, FileDocument? document)
    {
        var number = operation.Number;
        var contents = document?.Contents.ToList() ?? [];
        // Sometimes a version that the file does not have.
        var version = number == 9 || contents.Count == 0 ? number : contents[number % contents.Count].Version;
        var ifVersion = !operation.Flag ? null : number > 7 ? number : document?.Version;
        var known = file.Intent(number);
        // Sometimes an intent of a former holder.
        var intent = known with { Fence = number == 9 ? known.Fence + 1 : known.Fence };
        var upload = document?.Upload;
        var held = new WriteIntent(upload?.Main ?? Guid.Empty, (upload?.Fence ?? 0) - (number == 9 ? 1 : 0));
        switch (operation.Verb)
        {
            // A deleted file allows no more operations, so another soon replaces it.
            case Verb.Replace when operation.Flag && document is null or { State: FileState.Deleted }:
            case Verb.Create:
                file.Renew();
                intent = file.Begin();
                return Call(catalog => catalog.BeginCreateAsync(_owner, file.Id, intent, 10 * number, default));
            case Verb.Replace:
                intent = file.Begin();
                return Call(catalog => catalog.BeginReplaceAsync(_owner, file.Id, intent, 10 * number, default));
            case Verb.Commit when upload is null or { Stage: ResumableStage.Complete }:
                var commit = Commit(10 * number, number == 1 && document?.Version > 0 ? null : $"n{number}", ifVersion: ifVersion,
                    rememberFor: number > 4 ? Rules.ReadersGrace : null, tags: number == 3 ? new Dictionary<string, string> { ["k"] = "v" } : null);
                return Call(catalog => catalog.CommitAsync(_owner, file.Id, intent, commit, default));
            case Verb.Abandon when upload is null or { Stage: ResumableStage.Complete }:
                return Call(catalog => catalog.AbandonAsync(_owner, file.Id, intent, default));
            case Verb.Renew when upload is null or { Stage: ResumableStage.Complete }:
                return Call(catalog => catalog.RenewAsync(_owner, file.Id, intent, default));
            case Verb.Fate:
                return Call(catalog => catalog.FindFateAsync(_owner, file.Id, intent, default));
            // A writer reserves only while it has an intent.
            case Verb.Reserve when document?.Intents.Any(each => each.BlobId == known.BlobId) == true:
                return Call(catalog => catalog.ReserveAsync(_owner, file.Id, known, 10 * number, 20 * number, default));
            case Verb.Change:
                return Call(catalog => catalog.ChangeAsync(_owner, file.Id, new MetadataChange($"m{number}", null, ifVersion), default));
            case Verb.RestoreVersion:
                return Call(catalog => catalog.RestoreVersionAsync(_owner, file.Id, version, ifVersion, default));
            case Verb.DeleteVersion:
                return Call(catalog => catalog.DeleteVersionAsync(_owner, file.Id, version, ifVersion, default));
            case Verb.Delete:
                return Call(catalog => catalog.DeleteAsync(_owner, file.Id, number == 0 ? 1 : null, operation.Flag, default));
            case Verb.Restore:
                return Call(catalog => catalog.RestoreAsync(_owner, file.Id, null, OnConflict.Fail, default));
            case Verb.Purge:
                return Call(catalog => catalog.PurgeAsync(_owner, file.Id, default));
            case Verb.Claim:
                return Call(catalog => catalog.ClaimExpiredAsync(_owner, file.Id, default));
            case Verb.Sweep:
                var (done, all) = (file.Claimed, operation.Flag ? file.Claimed.Count : number);
                return Call(catalog => catalog.SweptAsync(_owner, file.Id, [.. done.Take(all)], default));
            case Verb.Repeat:
                return Call(catalog => catalog.FindCreationAsync(_owner, file.Id, default));
            case Verb.History:
                return Call(catalog => catalog.FindHistoryAsync(_owner, file.Id, default));
            case Verb.RecordCrc:
                var blob = contents.Count == 0 ? known.BlobId : contents[number % contents.Count].BlobId;
                return Call(catalog => catalog.RecordCrcAsync(_owner, file.Id, blob, uint.MaxValue - (uint)number, default));
            case Verb.BeginUpload:
                file.Renew();
                intent = file.Begin();
                var plan = number == 9 ? Plan with { Concat = "partial" } : Plan;
                return Call(catalog => catalog.BeginResumableAsync(_owner, file.Id, intent, plan, operation.Flag ? 10 * number : null, Guid.Empty, default));
            // Without a common clock, avoid takeovers whose outcome depends on the time.
            case Verb.TakeUpload when clock is not null || upload?.Holder is not { } holder || holder == s_takers[number % 3]:
                return Call(catalog => catalog.TakeResumableAsync(_owner, file.Id, s_takers[number % 3], default));
            case Verb.Step:
                var step = NextStep(operation, document);
                return Call(catalog => catalog.RecordResumableAsync(_owner, file.Id, held, step, default));
            case Verb.FinishUpload when upload is { Stage: not ResumableStage.Complete, Plan.IsPartial: false }:
                var whole = operation.Flag && document?.Intents.Count > 0 ? held with { BlobId = document.Intents[^1].BlobId } : held;
                return Call(catalog => catalog.CommitAsync(_owner, file.Id, whole, Commit(10 * number, upload: upload.Plan), default));
            case Verb.EndUpload:
                return Call(catalog => catalog.EndResumableAsync(_owner, file.Id, held, default));
            case Verb.FindUpload:
                return Call(catalog => catalog.FindResumableAsync(_owner, file.Id, default));
            case Verb.Wait when clock is not null:
                clock.Advance(s_waits[number]);
                return Call(_ => Task.CompletedTask);
            default:
                return Call(_ => Task.CompletedTask);
        }
    }

    private static ResumableStep NextStep(CatalogOperation operation, FileDocument? document)
    {
        var upload = document?.Upload;
        var former = document?.Intents.Select(intent => intent.BlobId).Where(blob => blob != upload?.Main).Order() ?? Enumerable.Empty<Guid>();
        Guid[] pieces = [.. former.Where((_, i) => (operation.Number & (1 << i)) == 0), .. operation.Flag ? [Guid.NewGuid()] : Array.Empty<Guid>()];
        var completes = upload?.Plan.IsPartial == true && operation.Number == 7;
        var stage = completes ? ResumableStage.Complete : operation.Number == 6 ? ResumableStage.Sealed : ResumableStage.Open;
        var (number, offset) = ((upload?.Step ?? 0) + (operation.Number == 8 ? -1 : 1), (upload?.Offset ?? 0) + (operation.Number % 2));
        return Step(number, offset, stage, operation.Number > 4, pieces) with { BlobId = completes ? upload?.Main : null };
    }

    private static Func<FileCatalog, Task<object?>> Call<T>(Func<FileCatalog, Task<T>> call) => async catalog => await call(catalog);

    private static Func<FileCatalog, Task<object?>> Call(Func<FileCatalog, Task> call) => async catalog =>
    {
        await call(catalog);
        return null;
    };

    private static async Task<object?> AnswerAsync(Func<Task<object?>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception refusal) when (refusal is QuotaExceededException or ArgumentException)
        {
            return refusal.GetType().Name;
        }
    }

    private void Agree(string what, string[] answers)
    {
        for (var i = 1; i < answers.Length; i++)
            Assert.True(answers[i] == answers[0], $"{what}\n{engines[0].Description}: {answers[0]}\n{engines[i].Description}: {answers[i]}");
    }
}

/// <summary>A clock that moves only when told.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset _now = Noon;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan time) => _now += time;
}
