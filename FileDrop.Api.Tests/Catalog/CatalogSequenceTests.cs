using CsCheck;
using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Random sequences of operations: after each, the rules in memory, SQLite and MongoDB have the same answer and the same state.</summary>
public sealed class CatalogSequenceTests(SqliteEngineStore sqlite, MongoEngineStore mongo, ITestOutputHelper output)
    : IClassFixture<SqliteEngineStore>, IClassFixture<MongoEngineStore>
{
    private static readonly TimeSpan s_ever = TimeSpan.FromDays(1_000);

    private static readonly Verb[] s_frequent = [Verb.Replace, Verb.Commit, Verb.Claim];

    /// <summary>The operations whose answer shows that they were done.</summary>
    private static readonly Verb[] s_all =
        [.. Enum.GetValues<Verb>().Except([Verb.Create, Verb.Abandon, Verb.Sweep, Verb.Wait])];

    private static readonly Quotas s_quotas = new(new Quota(150, 2), new Dictionary<string, Quota>());

    /// <summary>The rules of sequences with a common clock, which the sequence moves.</summary>
    private static readonly CatalogRules[] s_timed =
    [
        Rules with { VersionsKept = 2, VersionsMaxAge = Rules.ReadersGrace },
        Rules with { Quotas = s_quotas },
        Rules with { TrashRetention = TimeSpan.Zero, VersionsKept = 0 },
    ];

    /// <summary>Rules whose times pass at once or never, so that the moment of an operation does not matter.</summary>
    private static readonly CatalogRules[] s_timeless =
    [
        new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, VersionsKept: 2, null, s_ever, s_ever),
        new(s_ever, s_ever, s_ever, VersionsKept: 1, null, s_ever, s_ever) { Quotas = s_quotas },
        new(s_ever, TimeSpan.Zero, TimeSpan.Zero, VersionsKept: 3, null, TimeSpan.Zero, s_ever) { Quotas = s_quotas },
        new(TimeSpan.Zero, s_ever, TimeSpan.Zero, VersionsKept: 0, null, s_ever, s_ever),
    ];

    [Fact]
    public Task SQLite_agrees_with_the_rules_including_times() => CompareTimedAsync(40);

    [Fact]
    [Trait("Run", "nightly")]
    public Task SQLite_agrees_with_the_rules_in_a_long_run() => CompareTimedAsync(1_000);

    [Fact]
    public Task SQLite_and_MongoDB_agree_with_the_rules() => CompareAsync(12);

    [Fact]
    [Trait("Run", "nightly")]
    public Task SQLite_and_MongoDB_agree_with_the_rules_in_a_long_run() => CompareAsync(200);

    private async Task CompareTimedAsync(int sequences)
    {
        var clocks = s_timed.Select(_ => new ManualTime()).ToList();
        var engines = new List<ICatalogEngine>();
        foreach (var (rules, clock) in s_timed.Zip(clocks))
        {
            engines.Add(sqlite.Make(rules, clock));
            await engines[^1].StartAsync(default);
        }
        await SampleAsync(sequences, s_timed.Length, which => new CatalogComparison(
            s_timed[which], [new MemoryEngine(s_timed[which], clocks[which]), engines[which]], clocks[which]));
    }

    private async Task CompareAsync(int sequences)
    {
        var engines = new List<ICatalogEngine[]>();
        foreach (var rules in s_timeless)
            engines.Add([await sqlite.OpenAsync(rules), await mongo.OpenAsync(rules)]);
        await SampleAsync(sequences, s_timeless.Length, which => new CatalogComparison(
            s_timeless[which], [new MemoryEngine(s_timeless[which], TimeProvider.System), .. engines[which]], null));
    }

    private async Task SampleAsync(int sequences, int kinds, Func<int, CatalogComparison> make)
    {
        var done = new Dictionary<Verb, int>();
        await Gen.Select(Gen.Int[0, kinds - 1], CatalogOperation.Sequence).SampleAsync(
            async (which, operations) =>
            {
                var comparison = make(which);
                await comparison.RunAsync(operations);
                foreach (var (verb, times) in comparison.Done)
                    done[verb] = done.GetValueOrDefault(verb) + times;
            },
            iter: sequences, threads: 1, print: Printed);
        output.WriteLine(string.Join(", ", done.OrderBy(each => each.Key).Select(each => $"{each.Key} {each.Value}")));
        // Catalogs would also agree if no operation succeeded, so check that all did.
        Assert.All(sequences > 100 ? s_all : s_frequent, verb => Assert.True(done.GetValueOrDefault(verb) > 0, $"{verb} was never done."));
    }

    private static string Printed((int Rules, CatalogOperation[] Operations) sample) =>
        $"rules {sample.Rules}: {string.Join(", ", sample.Operations.Select(operation => operation.ToString()))}";
}
