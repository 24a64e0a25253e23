using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>Limits on the managed memory that a request allocates, which is the same on every machine.</summary>
/// <remarks>
/// The limits are the measured bytes of a Debug build plus a third, because the runtime's own threads allocate too. For large files they are twice the measured
/// bytes, which depend on how often one side waits for the other.
/// </remarks>
public sealed class AllocationTests
{
    private const int Times = 300;
    private const int LargeSize = 64 << 20;

    [Fact]
    public async Task Requests_allocate_no_more_than_their_limits()
    {
        await using var stores = new EmbeddedStores();
        var pipe = Path.Combine(stores.Directory, "allocations");
        await using var service = await ServiceProcess.StartAsync(
            stores, ("DOTNET_STARTUP_HOOKS", typeof(ProcessCounter).Assembly.Location), (ProcessCounter.Variable, pipe), ("FileDrop:SweepInterval", "01:00:00"));
        var small = Requests.Bytes(4096);
        var id = (await service.Http.UploadAsync(small, "a")).Id();
        List<string> above = [];

        await CheckAsync("upload of 4 KiB", 42_000, Times, () => service.Http.UploadAsync(small, "b"));
        await CheckAsync("download of 4 KiB", 23_000, Times, () => service.Http.GetByteArrayAsync($"/files/{id}"));
        await CheckAsync("metadata", 15_000, Times, () => service.Http.GetByteArrayAsync($"/files/{id}/metadata"));
        await CheckAsync("list of 100", 240_000, Times, () => service.Http.GetByteArrayAsync("/files?limit=100"));
        // For a large file the limit does not depend on the size: no byte is copied into new memory.
        var large = "";
        await CheckAsync("upload of 64 MiB", 1_000_000, 3, async () => large = (await service.Http.UploadAsync(Requests.Bytes(LargeSize), "c")).Id());
        await CheckAsync("download of 64 MiB", 900_000, 3, async () =>
        {
            await using var content = await service.Http.GetStreamAsync($"/files/{large}");
            await content.CopyToAsync(Stream.Null);
        });
        Assert.True(above.Count == 0, string.Join('\n', above));

        async Task CheckAsync(string name, long most, int times, Func<Task> request)
        {
            // Warm up, so that all code is compiled and every pool is filled.
            await RepeatAsync();
            var before = (await ProcessCounter.ReadAsync(pipe)).Bytes;
            await RepeatAsync();
            var each = ((await ProcessCounter.ReadAsync(pipe)).Bytes - before) / times;
            if (each > most)
                above.Add($"{name}: {each} bytes; at most {most}");

            async Task RepeatAsync()
            {
                for (var i = 0; i < times; i++)
                    await request();
            }
        }
    }
}
