using FileDrop.Api.Catalog;
using FileDrop.Api.Hashing;
using Xunit;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Documents, times and changes for tests of the catalog.</summary>
internal static class Documents
{
    public const string Owner = "ann";

    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly CatalogRules Rules = new(
        Lease: TimeSpan.FromSeconds(60), LateWrites: TimeSpan.FromSeconds(30), ReadersGrace: TimeSpan.FromHours(1), VersionsKept: 3,
        VersionsMaxAge: null, TrashRetention: TimeSpan.FromDays(30), ResumableExpiry: TimeSpan.FromDays(1));

    public static readonly ResumablePlan Plan = new("whole.bin", "application/x-whole", new Dictionary<string, string> { ["k"] = "v" });

    public static WriteIntent NewIntent(long fence = 1) => new(Guid.NewGuid(), fence);

    public static FileCommit Commit(
        long size = 1, string? name = "a.txt", string? type = "text/plain", long? ifVersion = null, TimeSpan? rememberFor = null,
        ResumablePlan? upload = null, IReadOnlyDictionary<string, string>? tags = null) =>
        new(size, type, new string('0', 64), XxHash3: size, name, tags, ifVersion, rememberFor, upload, CrcOf(size));

    /// <summary>The CRC-32 of a content of this size; null for sizes divisible by four, as if an earlier release had stored these contents.</summary>
    public static uint? CrcOf(long size) => size % 4 == 0 ? null : unchecked((uint)size * 0x9E37_79B1);

    public static DateTimeOffset Minutes(double later) => Noon.AddMinutes(later);

    /// <summary>A new file's document with one intent.</summary>
    public static FileDocument Pending(WriteIntent intent, string owner = Owner, DateTimeOffset? at = null) =>
        FileDocument.Begin(owner, Guid.CreateVersion7(), intent, bytes: 10, Rules, at ?? Noon);

    /// <summary>A live file with contents of these sizes, committed one each minute from noon on.</summary>
    public static FileDocument Live(params long[] sizes) => Live(Rules, null, sizes);

    public static FileDocument Live(CatalogRules rules, TimeSpan? rememberFor, params long[] sizes)
    {
        var first = NewIntent();
        var file = Pending(first).Commit(first, Commit(sizes.Length == 0 ? 1 : sizes[0], rememberFor: rememberFor), rules, Noon).Saved();
        for (var i = 1; i < sizes.Length; i++)
            file = file.Replaced(Minutes(i), rules, sizes[i]);
        return file;
    }

    public static FileDocument Replaced(this FileDocument file, DateTimeOffset now, CatalogRules rules, long size = 1)
    {
        var intent = NewIntent();
        return file.BeginReplace(intent, size, rules, now).Saved().Commit(intent, Commit(size, name: null, type: null), rules, now).Saved();
    }

    /// <summary>A new resumable upload.</summary>
    public static FileDocument Upload(WriteIntent main, Guid? holder = null, long? length = 100) =>
        FileDocument.BeginResumable(Owner, Guid.CreateVersion7(), main, Plan, length, holder, Rules, Noon);

    public static ResumableStep Step(
        long number, long offset, ResumableStage stage = ResumableStage.Open, bool release = false, params Guid[] pieces) =>
        new(number, new ResumableProgress(offset, new HashMark(new byte[] { 1, 2 }, CrcOf(offset)), "store", pieces), Length: 100, stage, Release: release);

    /// <summary>The document in the decision.</summary>
    public static FileDocument Saved<T>(this Decision<T> decision)
    {
        Assert.False(decision.Removes);
        return decision.Next ?? throw new InvalidOperationException($"The rule changes nothing and answers {decision.Answer}.");
    }

    /// <summary>Checks that a decision is a refusal: this outcome, and nothing to save.</summary>
    public static void Refused(this Decision<ChangeResult> decision, ChangeOutcome outcome)
    {
        Assert.Equal(new ChangeResult(outcome), decision.Answer);
        Assert.Null(decision.Next);
    }
}
