using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Small requests that cause much work.</summary>
public abstract class AmplifierTests(Pair pair)
{
    [Theory]
    [InlineData(3)]
    [InlineData(800)]
    public async Task A_partial_upload_is_copied_into_a_file_at_most_twice(int times)
    {
        var tus = new TusClient(pair.Http);
        var partial = await tus.PartialAsync(Requests.Bytes(1000));
        await tus.ConcatenateAsync([partial, partial]);
        await pair.LeavesNothingAsync(async () =>
        {
            using var refused = await tus.PostAsync(("Upload-Concat", TusClient.Final(Enumerable.Repeat(TusClient.Id(partial), times))));
            await refused.RefusedAsync(400, "invalid_request");
        });
    }

    [Fact]
    public async Task A_page_ends_where_the_tags_of_its_files_are_much_and_the_walk_is_complete()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var tags = Enumerable.Range(0, 32).ToDictionary(i => $"{i:00}", _ => new string('"', 256));
        var files = ListQuery.MaxWeight / (32 * 258) * 5 / 4;
        var ids = new List<string>();
        for (var i = 0; i < files; i++)
            ids.Add(await service.Catalog().SeedAsync($"{i}", 1, tags));
        foreach (var query in new[] { "/files?order=asc", "/files?order=asc&tag=01:" + new string('"', 256) })
        {
            var pages = await service.Http.WalkAsync(query);
            Assert.Equal(ids.Order(StringComparer.Ordinal), pages.Files().Ids().Order(StringComparer.Ordinal));
            Assert.Equal(2, pages.Count);
        }
    }
}

public sealed class AmplifierOnEmbeddedTests(EmbeddedPair pair) : AmplifierTests(pair), IClassFixture<EmbeddedPair>;

public sealed class AmplifierOnClusterTests(ClusterPair pair) : AmplifierTests(pair), IClassFixture<ClusterPair>;

/// <summary>The work of a filtered page, as computed from its query.</summary>
public sealed class FilterWorkTests
{
    [Theory]
    [InlineData("", 10_000)]
    [InlineData("tag=a:b", 10_000)]
    [InlineData("tag=a:b&tag=a:b&tag=a:b", 10_000)]
    [InlineData("tag=a:b&tag=c:d&tag=a:b", 5_000)]
    [InlineData("tag=a:b&tag=c:d&tag=a:B&tag=e:", 2_500)]
    public void A_tag_counts_once_and_each_other_one_costs_as_much_as_an_entry(string query, int examined)
    {
        Assert.True(ListRequest.TryRead(new QueryCollection(QueryHelpers.ParseQuery(query)), "local", inTrash: false, out var list, out _));
        Assert.Equal(examined, list.Examined);
    }
}
