using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>How many bytes of managed memory the service allocates for a request, the same on every machine.</summary>
/// <remarks>
/// The figures are what a Debug build needed when they were written down and a third more, as the runtime's own threads allocate too;
/// twice as much for large files, where it depends on how often one side waits for the other.
/// </remarks>
public sealed class AllocationTests
{
    private const int Times = 300;
    private const int LargeSize = 64 << 20;

    [Fact]
    public async Task No_request_allocates_more_than_it_needs_to()
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
        // Of a large one it is what does not depend on the size: no byte of it is copied into memory of its own.
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
            // Until all of it is compiled and every pool is filled.
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
