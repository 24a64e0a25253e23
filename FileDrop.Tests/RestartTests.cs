namespace FileDrop.Tests;

/// <summary>What was stored is there after the AppHost was ended and started again.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class RestartTests
{
    [Fact]
    public async Task Data_survives_a_restart()
    {
        var volumes = $"filedrop-test-{Guid.NewGuid():N}";
        var content = Api.Bytes(12 << 20);
        try
        {
            StoredFile file;
            await using (var system = await StartAsync(volumes))
                file = await system.Http.UploadAsync(content, "kept.bin");
            await using (var system = await StartAsync(volumes))
            {
                Assert.Equal(file.Id, Assert.Single(await system.Http.ListAsync()).Id);
                Assert.Equal(Api.Hash(content), await system.Http.ReadHashAsync(file.Id));
            }
        }
        finally
        {
            await FileDropSystem.RemoveVolumesAsync(volumes);
        }
    }

    [Fact]
    public async Task The_embedded_store_serves_without_a_container_and_survives_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("filedrop-test-");
        var environment = new Dictionary<string, string> { ["FileDrop__DataDirectory"] = directory.FullName };
        var content = Api.Bytes(1 << 20);
        try
        {
            StoredFile file;
            await using (var system = await FileDropSystem.StartAsync("unused", environment, "FileDrop:Stores=embedded"))
            {
                Assert.Single(await system.ReplicasAsync(1));
                file = await system.Http.UploadAsync(content, "kept.bin");
            }
            await using (var system = await FileDropSystem.StartAsync("unused", environment, "FileDrop:Stores=embedded"))
                Assert.Equal(Api.Hash(content), await system.Http.ReadHashAsync(file.Id));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<FileDropSystem> StartAsync(string volumes)
    {
        try
        {
            return await FileDropSystem.StartAsync(volumes, new Dictionary<string, string>());
        }
        catch (DistributedApplicationException failure) when (failure.Message.Contains("Container runtime", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Skip(failure.Message);
            throw;
        }
    }
}
