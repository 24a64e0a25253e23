using System.Net;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>
/// Each step of the write protocol fails before or after its effect. The write must then have happened completely or not at all, and leave nothing else.
/// </summary>
public abstract class FaultTests(Pair pair)
{
    private protected Pair Pair => pair;

    private static readonly byte[] Before = RandomNumberGenerator.GetBytes(9 * 1024 * 1024);
    private static readonly byte[] After = RandomNumberGenerator.GetBytes(10 * 1024 * 1024);

    public static TheoryData<string, Fault> StepsOfCreate => Steps("IWriteCatalog.BeginCreateAsync", "IBlobStore.WriteAsync",
        "IWriteCatalog.CommitAsync");

    public static TheoryData<string, Fault> StepsOfReplace => Steps("IFileCatalog.FindAsync", "IWriteCatalog.BeginReplaceAsync",
        "IBlobStore.WriteAsync", "IWriteCatalog.CommitAsync");

    public static TheoryData<string, Fault> StepsOfCopy => Steps("IFileCatalog.FindAsync", "IWriteCatalog.BeginCreateAsync",
        "IBlobStore.CopyAsync", "IWriteCatalog.CommitAsync");

    public static TheoryData<string, Fault> StepsOfDelete => Steps("IFileCatalog.DeleteAsync");

    public static TheoryData<string, Fault> StepsOfSweep => Steps("ISweepCatalog.FindDueAsync", "ISweepCatalog.ClaimExpiredAsync",
        "IBlobStore.DeleteAsync", "ISweepCatalog.SweptAsync", "IWriteCatalog.AbandonAsync");

    [Theory]
    [MemberData(nameof(StepsOfCreate))]
    public async Task An_upload_whose_step_fails_happened_whole_or_not_at_all(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);

        faults.Break(step, fault);
        using var body = new ByteArrayContent(After);
        using var answer = await service.Http.PostAsync("/files/upload?file_name=a", body);
        faults.Heal();

        Assert.Equal(1, faults.Happened);
        await EndedWellAsync(answer, HttpStatusCode.Created);
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        if (answer.IsSuccessStatusCode)
            Assert.Equal((await answer.JsonAsync()).Id(), Assert.Single(files).Id());
        await Invariants.NothingElseIsLeftAsync(stores, files.Select(HttpWords.Id));
    }

    [Theory]
    [MemberData(nameof(StepsOfReplace))]
    public async Task A_replacement_whose_step_fails_happened_whole_or_not_at_all(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        var file = await service.Http.UploadAsync(Before, "a");

        faults.Break(step, fault);
        using var body = new ByteArrayContent(After);
        using var answer = await service.Http.PutAsync($"/files/{file.Id()}", body);
        faults.Heal();

        Assert.Equal(1, faults.Happened);
        await EndedWellAsync(answer, HttpStatusCode.OK);
        var now = Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        var version = now.GetProperty("version").GetInt32();
        if (answer.IsSuccessStatusCode)
            Assert.Equal(2, version);
        Assert.Equal(version == 1 ? Before : After, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        await Invariants.NothingElseIsLeftAsync(stores, new Dictionary<string, int> { [file.Id()] = version });
    }

    [Theory]
    [MemberData(nameof(StepsOfCopy))]
    public async Task A_copy_whose_step_fails_happened_whole_or_not_at_all(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        var file = await service.Http.UploadAsync(Before, "a");

        faults.Break(step, fault);
        using var answer = await service.Http.PostAsync($"/files/{file.Id()}/copy", null);
        faults.Heal();

        Assert.Equal(1, faults.Happened);
        await EndedWellAsync(answer, HttpStatusCode.Created);
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Equal(answer.IsSuccessStatusCode ? 2 : 1, files.Count);
        Assert.All(files, one => Assert.Equal(1, one.GetProperty("version").GetInt32()));
        await Invariants.NothingElseIsLeftAsync(stores, files.Select(HttpWords.Id));
    }

    [Theory]
    [MemberData(nameof(StepsOfDelete))]
    public async Task A_deletion_whose_step_fails_happened_whole_or_not_at_all(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        var file = await service.Http.UploadAsync(Before, "a");

        faults.Break(step, fault);
        using var answer = await service.Http.DeleteAsync($"/files/{file.Id()}");
        faults.Heal();

        Assert.Equal(1, faults.Happened);
        await EndedWellAsync(answer, HttpStatusCode.OK);
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Equal(fault == Fault.Before ? 1 : 0, files.Count);
        await Invariants.NothingElseIsLeftAsync(stores, files.Select(HttpWords.Id));
    }

    [Theory]
    [MemberData(nameof(StepsOfSweep))]
    public async Task A_later_sweep_finishes_the_work_of_a_failed_one(string step, Fault fault)
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        var kept = await service.Http.UploadAsync(Before, "kept");
        var deleted = await service.Http.UploadAsync(Before, "deleted");

        faults.Break(step, fault, times: 3);
        using var wrong = new ByteArrayContent(After);
        wrong.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Before))}:");
        using var refused = await service.Http.PutAsync($"/files/{kept.Id()}", wrong);
        Assert.Equal("digest_mismatch", await refused.CodeAsync());
        using var gone = await service.Http.DeleteAsync($"/files/{deleted.Id()}");
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);

        await Invariants.NothingElseIsLeftAsync(stores, kept.Id());
        Assert.True(faults.Happened > 0, "the fault happened");
        Assert.Equal(Before, await service.Http.GetByteArrayAsync($"/files/{kept.Id()}"));
    }

    [Fact]
    public async Task A_commit_succeeds_although_every_answer_is_lost()
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        faults.Break("IWriteCatalog.CommitAsync", Fault.After, times: 100);
        var file = await service.Http.UploadAsync(After, "a");
        Assert.Equal(After, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task A_commit_that_never_gets_through_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        faults.Break("IWriteCatalog.CommitAsync", Fault.Before, times: 100);
        using var body = new ByteArrayContent(After);
        using var answer = await service.Http.PostAsync("/files/upload", body);
        Assert.Equal("storage_unavailable", await answer.CodeAsync());
        await Invariants.NothingElseIsLeftAsync(stores);
        Assert.Empty(await Invariants.EveryFileIsWholeAsync(service.Http));
    }

    private static TheoryData<string, Fault> Steps(params string[] methods) =>
        [.. methods.SelectMany(method => new (string, Fault)[] { (method, Fault.Before), (method, Fault.After) })];

    private protected static Task<Service> StartAsync(Stores stores, FaultyStores faults) =>
        Service.StartAsync(stores, faults.Wrap, ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00.5"));

    private protected static async Task EndedWellAsync(HttpResponseMessage answer, HttpStatusCode success)
    {
        if (answer.StatusCode == success)
            return;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("storage_unavailable", await answer.CodeAsync());
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}

public sealed class FaultOnEmbeddedTests(EmbeddedPair pair) : FaultTests(pair), IClassFixture<EmbeddedPair>
{
    [Theory]
    [InlineData(Fault.Before, 1)]
    [InlineData(Fault.After, 1)]
    [InlineData(Fault.Before, 100)]
    [InlineData(Fault.After, 100)]
    public async Task A_small_content_whose_one_step_fails_happened_whole_or_not_at_all(Fault fault, int times)
    {
        await using var stores = await Pair.MakeStoresAsync();
        var faults = new FaultyStores();
        await using var service = await StartAsync(stores, faults);
        var file = await service.Http.UploadAsync([1], "a");
        const string Step = "IInlineContents.CommitAsync";

        faults.Break(Step, fault, times);
        using var replaced = await service.Http.PutAsync($"/files/{file.Id()}/content", new ByteArrayContent([2]));
        using var created = await service.Http.PostAsync("/files/upload?file_name=b", new ByteArrayContent([3]));
        faults.Heal();

        Assert.True(faults.Happened > 0, "the fault happened");
        await EndedWellAsync(replaced, HttpStatusCode.OK);
        await EndedWellAsync(created, HttpStatusCode.Created);
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Equal(created.IsSuccessStatusCode ? 2 : 1, files.Count);
        byte[] expected = [(byte)(replaced.IsSuccessStatusCode ? 2 : 1)];
        Assert.Equal(expected, await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        await Invariants.NothingElseIsLeftAsync(stores, files.ToDictionary(
            one => one.Id(), one => one.Id() == file.Id() && replaced.IsSuccessStatusCode ? 2 : 1));
    }
}

public sealed class FaultOnClusterTests(ClusterPair pair) : FaultTests(pair), IClassFixture<ClusterPair>;
