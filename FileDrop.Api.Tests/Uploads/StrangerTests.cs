using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>A foreign client uploads in spite of interruptions: about 1 GiB on both pairs of stores together.</summary>
public abstract class StrangerTests(Pair pair, Stranger stranger)
{
    /// <summary>The size is not a multiple of the chunk, because the client would wait forever for the end of such a stream.</summary>
    private const long Size = (96L * 1024 * 1024) + 12_345;
    private const int Chunk = 8 * 1024 * 1024;

    private static readonly Generated s_content = new(96, Size);
    private static readonly Lazy<string> s_hash = new(s_content.Sha256);

    [Fact]
    [ClusterAtNight]
    public async Task It_uploads_in_one_request()
    {
        var file = await stranger.FileAsync(s_content);
        using var upload = stranger.Start(file, new { endpoint = Endpoint(pair.Service.Address) });
        await IsThereAsync(pair.Http, await upload.DoneAsync());
    }

    [Fact]
    [ClusterAtNight]
    public async Task It_uploads_in_parallel()
    {
        var file = await stranger.FileAsync(s_content);
        using var upload = stranger.Start(file, new { endpoint = Endpoint(pair.Service.Address), parallelUploads = 4 });
        await IsThereAsync(pair.Http, await upload.DoneAsync());
    }

    [Fact]
    [ClusterAtNight]
    public async Task It_uploads_a_stream_of_unknown_length()
    {
        var file = await stranger.FileAsync(s_content);
        using var upload = stranger.Start(file, new { endpoint = Endpoint(pair.Service.Address), chunkSize = Chunk, deferred = true });
        await IsThereAsync(pair.Http, await upload.DoneAsync());
    }

    [Fact]
    [ClusterAtNight]
    public async Task It_continues_after_it_was_killed()
    {
        var file = await stranger.FileAsync(s_content);
        var options = new { endpoint = Endpoint(pair.Service.Address), chunkSize = Chunk, storage = file + ".urls" };
        using (var first = stranger.Start(file, options))
        {
            await first.SentAsync(Size / 3);
            await first.KillAsync();
        }
        using var second = stranger.Start(file, options);
        await IsThereAsync(pair.Http, await second.DoneAsync());
        Assert.True(second.Resumes, second.Output);
    }

    [Fact]
    public async Task It_continues_after_the_service_was_killed()
    {
        var file = await stranger.FileAsync(s_content);
        await using var stores = await pair.MakeStoresAsync();
        await using var first = await ServiceProcess.StartAsync(stores);
        using var upload = stranger.Start(file, new { endpoint = Endpoint(first.Address), chunkSize = Chunk });
        await upload.SentAsync(Size / 3);
        first.Signal(9);
        await first.ExitAsync();
        await using var second = await ServiceProcess.StartAsync(stores, (ServiceProcess.Urls, first.Address.ToString()));
        await IsThereAsync(second.Http, await upload.DoneAsync());
    }

    internal static string Endpoint(Uri service) => new Uri(service, "/uploads").ToString();

    internal static async Task IsThereAsync(HttpClient http, string id)
    {
        var file = await http.MetadataAsync(id);
        Assert.Equal(("stranger.bin", "application/x-stranger", s_hash.Value), (file.Name(), file.Text("file_type"), file.Text("sha256")));
        await Invariants.EveryFileIsWholeAsync(http);
    }

    /// <summary>Uploads to one replica, then to the other.</summary>
    protected async Task MovesAsync(Stores stores)
    {
        var file = await stranger.FileAsync(s_content);
        await using var one = await ServiceProcess.StartAsync(stores);
        await using var two = await ServiceProcess.StartAsync(stores);
        using var first = stranger.Start(file, new { endpoint = Endpoint(one.Address), chunkSize = Chunk });
        await first.SentAsync(Size / 3);
        await first.KillAsync();
        var upload = new Uri(two.Address, new Uri(await first.UrlAsync()).AbsolutePath);
        using var second = stranger.Start(file, new { endpoint = Endpoint(two.Address), uploadUrl = upload.ToString() });
        await IsThereAsync(two.Http, await second.DoneAsync());
    }
}

public sealed class StrangerOnEmbeddedTests(EmbeddedPair pair, Stranger stranger)
    : StrangerTests(pair, stranger), IClassFixture<EmbeddedPair>, IClassFixture<Stranger>;

public sealed class StrangerOnClusterTests(ClusterPair pair, Stranger stranger)
    : StrangerTests(pair, stranger), IClassFixture<ClusterPair>, IClassFixture<Stranger>
{
    [Fact]
    public async Task It_continues_at_another_replica()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await MovesAsync(stores);
    }
}
