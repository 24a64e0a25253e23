using CsCheck;
using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Random sequences of operations: the rules in memory, SQLite and MongoDB answer alike and hold the same after each.</summary>
public sealed class CatalogSequenceTests(SqliteEngineStore sqlite, MongoEngineStore mongo)
    : IClassFixture<SqliteEngineStore>, IClassFixture<MongoEngineStore>
{
    private const int Short = 2;
    private const int Long = 120;

    private static readonly TimeSpan s_ever = TimeSpan.FromDays(1_000);

    private static readonly Quotas s_quotas = new(new Quota(150, 2), new Dictionary<string, Quota>());

    /// <summary>The rules of a sequence with a clock that is put forward.</summary>
    private static readonly CatalogRules[] s_timed =
    [
        Rules with { VersionsKept = 2, VersionsMaxAge = Rules.ReadersGrace },
        Rules with { Quotas = s_quotas },
        Rules with { TrashRetention = TimeSpan.Zero, VersionsKept = 0 },
    ];

    /// <summary>Rules by which a time has passed at once or never does, so that it does not matter when something happens.</summary>
    private static readonly CatalogRules[] s_timeless =
    [
        new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, VersionsKept: 2, null, s_ever, s_ever),
        new(s_ever, s_ever, s_ever, VersionsKept: 1, null, s_ever, s_ever) { Quotas = s_quotas },
        new(s_ever, TimeSpan.Zero, TimeSpan.Zero, VersionsKept: 3, null, TimeSpan.Zero, s_ever) { Quotas = s_quotas },
        new(TimeSpan.Zero, s_ever, TimeSpan.Zero, VersionsKept: 0, null, s_ever, s_ever),
    ];

    [Fact]
    public Task SQLite_agrees_with_the_rules_in_all_that_happens_and_when() => CompareTimedAsync(Short);

    [Fact]
    [Trait("Run", "nightly")]
    public Task SQLite_agrees_with_the_rules_for_minutes() => CompareTimedAsync(Long);

    [Fact]
    public Task SQLite_and_MongoDB_agree_with_the_rules_in_all_that_happens() => CompareAsync(Short);

    [Fact]
    [Trait("Run", "nightly")]
    public Task SQLite_and_MongoDB_agree_with_the_rules_for_minutes() => CompareAsync(Long);

    private async Task CompareTimedAsync(int seconds)
    {
        var clocks = s_timed.Select(_ => new ManualTime()).ToList();
        var engines = new List<ICatalogEngine>();
        foreach (var (rules, clock) in s_timed.Zip(clocks))
        {
            engines.Add(sqlite.Make(rules, clock));
            await engines[^1].StartAsync(default);
        }
        await Gen.Select(Gen.Int[0, s_timed.Length - 1], CatalogOperation.Sequence).SampleAsync(
            (which, operations) => new CatalogComparison(
                s_timed[which], [new MemoryEngine(s_timed[which], clocks[which]), engines[which]], clocks[which]).RunAsync(operations),
            time: seconds, threads: 1, print: Printed);
    }

    private async Task CompareAsync(int seconds)
    {
        var engines = new List<ICatalogEngine[]>();
        foreach (var rules in s_timeless)
            engines.Add([await sqlite.OpenAsync(rules), await mongo.OpenAsync(rules)]);
        await Gen.Select(Gen.Int[0, s_timeless.Length - 1], CatalogOperation.Sequence).SampleAsync(
            (which, operations) => new CatalogComparison(
                s_timeless[which], [new MemoryEngine(s_timeless[which], TimeProvider.System), .. engines[which]], null).RunAsync(operations),
            time: seconds, threads: 1, print: Printed);
    }

    private static string Printed((int Rules, CatalogOperation[] Operations) sample) =>
        $"rules {sample.Rules}: {string.Join(", ", sample.Operations.Select(operation => operation.ToString()))}";
}
