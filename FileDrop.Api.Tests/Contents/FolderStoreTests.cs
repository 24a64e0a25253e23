using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Folders;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

public abstract class FolderStoreTests(Pair pair)
{
    private FolderStore Store => pair.Service.Services.GetRequiredService<FolderStore>();

    [Fact]
    public async Task Missing_folders_of_a_path_are_created_once_however_many_ask_for_them()
    {
        string[] names = [$"{Guid.NewGuid()}", "b", "e\u0301"];
        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => FindOrCreateAsync(names)));
        var folder = Assert.Single(results.Select(result => result.Folder?.Id).Distinct());
        Assert.All(results, result => Assert.Equal(ChangeOutcome.Done, result.Outcome));
        Assert.Equal(folder, (await Store.FindAsync("local", [names[0], "b", "é"], default))?.Folder?.Id);
        Assert.Equal(3, (await Store.FindPathAsync("local", folder ?? default, default))?.Count);
        Assert.Equal(Place.Root, (await FindOrCreateAsync()).Folder?.Id);
    }

    [Fact]
    public async Task A_file_on_the_way_is_in_the_way()
    {
        var folder = (await pair.Http.FolderAsync($"{Guid.NewGuid()}"));
        await pair.Service.PlaceAsync([1], "file", folder.FolderId());
        foreach (var names in new[] { new[] { "file" }, ["file", "a"] })
        {
            string[] path = [folder.GetProperty("name").GetString() ?? "", .. names];
            Assert.Equal(ChangeOutcome.NameTaken, (await FindOrCreateAsync(path)).Outcome);
        }
    }

    private Task<FolderResult> FindOrCreateAsync(params string[] names) => Store.FindOrCreateAsync("local", names, default);
}

public sealed class FolderStoreOnEmbeddedTests(EmbeddedPair pair) : FolderStoreTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderStoreOnClusterTests(ClusterPair pair) : FolderStoreTests(pair), IClassFixture<ClusterPair>;
