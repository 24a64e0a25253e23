namespace FileDrop.Tests;

/// <summary>Data outlives the AppHost.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class RestartTests(SharedSystem shared) : SystemTest(shared)
{
    [Fact]
    public async Task Data_survives_a_restart_of_the_AppHost()
    {
        var content = Api.Bytes(12 << 20);
        var file = await Http.UploadAsync(content, "kept.bin");
        var key = System.Key;

        await Shared.RestartAsync();

        Assert.Equal(key, System.Key);
        Assert.Equal(file.Id, Assert.Single(await Http.ListAsync("?name=kept.bin")).Id);
        Assert.Equal(Api.Hash(content), await Http.ReadHashAsync(file.Id));
    }

    [Fact]
    public async Task The_embedded_store_serves_without_a_container()
    {
        var directory = Directory.CreateTempSubdirectory("filedrop-test-");
        var content = Api.Bytes(1 << 20);
        try
        {
            await using var system = await FileDropSystem.StartAsync(
                "unused", new Dictionary<string, string> { ["FileDrop__DataDirectory"] = directory.FullName }, "FileDrop:Stores=embedded");
            Assert.Single(await system.ReplicasAsync(1));
            var file = await system.Http.UploadAsync(content, "kept.bin");
            Assert.Equal(Api.Hash(content), await system.Http.ReadHashAsync(file.Id));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
