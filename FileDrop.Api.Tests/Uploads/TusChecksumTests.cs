using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The extensions checksum and checksum-trailer of the tus protocol.</summary>
public abstract class TusChecksumTests(Pair pair)
{
    /// <summary>More than one part on S3.</summary>
    private const int Large = 9 * 1024 * 1024;

    private TusClient Tus => new(pair.Http);

    [Theory]
    [InlineData("sha1", 0)]
    [InlineData("sha1", 11)]
    [InlineData("sha256", 11)]
    [InlineData("sha1", Large)]
    [InlineData("sha256", Large)]
    public async Task A_right_checksum_is_acknowledged(string algorithm, int size)
    {
        var content = new Generated(3, size + 3);
        var upload = await Tus.CreateAsync(size + 3);
        await Tus.AppendAsync(upload, 0, content.Bytes(0, size), ("Upload-Checksum", Checksum(algorithm, content.Bytes(0, size))));
        await Tus.AppendAsync(upload, size, content.Bytes(size, 3), ("Upload-Checksum", Checksum(algorithm, content.Bytes(size, 3))));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
    }

    [Fact]
    public async Task The_protocols_own_example_is_accepted()
    {
        var upload = await Tus.CreateAsync(11);
        await Tus.AppendAsync(upload, 0, Encoding.ASCII.GetBytes("hello world"), ("Upload-Checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="));
        Assert.Equal("hello world", await pair.Http.GetStringAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Theory]
    [InlineData("sha1", 0, null)]
    [InlineData("sha1", 11, null)]
    [InlineData("sha256", 11, "chunked")]
    [InlineData("sha1", Large, null)]
    [InlineData("sha256", Large, "chunked")]
    public async Task A_wrong_checksum_gets_460_and_the_chunk_is_discarded(string algorithm, int size, string? coding)
    {
        var content = new Generated(4, size + 3);
        var upload = await Tus.CreateAsync(size + 3);
        await Tus.AppendAsync(upload, 0, content.Bytes(0, 2));
        // The last chunk must be discarded too, so that a wrong checksum makes no file.
        using var response = await Tus.PatchAsync(upload, 2, new byte[size + 1],
            ("Upload-Checksum", Checksum(algorithm, [1, 2, 3])), ("Transfer-Encoding", coding));
        await response.RefusedAsync(460, "checksum_mismatch");
        Assert.Equal(2, await Tus.OffsetAsync(upload));
        await Tus.IsNoFileAsync(upload);
        await Tus.AppendAsync(upload, 2, content.Bytes(2, size + 1), ("Upload-Checksum", Checksum(algorithm, content.Bytes(2, size + 1))));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("md5 XrY7u+Ae7tCTyyK7j1rNww==")]
    [InlineData("crc32 AAAAAA==")]
    [InlineData("SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")]
    [InlineData("sha1")]
    [InlineData("sha1 ")]
    [InlineData("sha1 not-base64!")]
    [InlineData("sha1 AAAA")]
    [InlineData("sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=")]
    [InlineData("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0= x")]
    [InlineData("Kq5sNclPz7QV2+lfQIuc6R7oRu0=")]
    public async Task A_checksum_of_an_unknown_algorithm_or_form_gets_400_and_the_chunk_is_discarded(string checksum)
    {
        var upload = await Tus.CreateAsync(11);
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await Tus.PatchAsync(upload, 0, Encoding.ASCII.GetBytes("hello world"), ("Upload-Checksum", checksum));
            await response.RefusedAsync(400, "invalid_request");
            using var created = await Tus.PostAsync(Encoding.ASCII.GetBytes("hello world"), ("Upload-Length", "11"), ("Upload-Checksum", checksum));
            await created.RefusedAsync(400, "invalid_request");
        });
        Assert.Equal(0, await Tus.OffsetAsync(upload));
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task A_creation_with_content_is_checked_like_a_PATCH(string algorithm)
    {
        using var right = await Tus.PostAsync([1, 2, 3], ("Upload-Length", "3"), ("Upload-Checksum", Checksum(algorithm, [1, 2, 3])));
        await TusClient.CreatedAsync(right);
        Assert.Equal(3, right.Offset());
        await pair.LeavesNothingAsync(async () =>
        {
            using var wrong = await Tus.PostAsync([1, 2, 3], ("Upload-Length", "3"), ("Upload-Checksum", Checksum(algorithm, [1, 2, 4])));
            await wrong.RefusedAsync(460, "checksum_mismatch");
        });
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task A_right_checksum_may_come_as_a_trailer(string algorithm)
    {
        var upload = await Tus.CreateAsync(22);
        foreach (var offset in new[] { 0, 11 })
        {
            var answer = await TrailedAsync(upload, offset, $"Upload-Checksum: {Checksum(algorithm, Encoding.ASCII.GetBytes("hello world"))}");
            Assert.Equal((204, TusClient.Text(offset + 11)), (answer.Status, answer.Fields["Upload-Offset"]));
        }
        Assert.Equal("hello worldhello world", await pair.Http.GetStringAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Theory]
    [InlineData("Upload-Checksum: sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=", 460, "checksum_mismatch")]
    [InlineData("Upload-Checksum: sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 460, "checksum_mismatch")]
    [InlineData("upload-checksum: md5 XrY7u+Ae7tCTyyK7j1rNww==", 400, "invalid_request")]
    [InlineData("Upload-Checksum: sha1", 400, "invalid_request")]
    public async Task A_wrong_trailer_is_refused_and_the_chunk_is_discarded(string trailer, int status, string code)
    {
        var upload = await Tus.CreateAsync(11);
        var answer = await TrailedAsync(upload, 0, trailer);
        Assert.Equal((status, code), (answer.Status, answer.Code()));
        Assert.Equal(0, await Tus.OffsetAsync(upload));
        await Tus.IsNoFileAsync(upload);
        await Tus.AppendAsync(upload, 0, Encoding.ASCII.GetBytes("hello world"));
    }

    [Fact]
    public async Task A_trailer_that_is_announced_but_cut_off_leaves_the_offset()
    {
        var upload = await Tus.CreateAsync(11);
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await SendHeadAsync(wire, upload, 0);
            await wire.SendAsync("b\r\nhello world\r\n");
            wire.EndSending();
            if (await wire.ReadAsync() is { } answer)
                Assert.Equal(400, answer.Status);
        }
        Assert.Equal(0, await Tus.OffsetInTheEndAsync(upload));
        await Tus.IsNoFileAsync(upload);
    }

    [Fact]
    public async Task A_chunk_with_a_checksum_that_is_cut_off_leaves_the_offset()
    {
        var content = Requests.Bytes(Large);
        var upload = await Tus.CreateAsync(Large);
        await Tus.AppendAsync(upload, 0, content[..100]);
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", "Upload-Offset: 100", $"Content-Type: {TusClient.ContentType}",
                $"Content-Length: {Large - 100}", $"Upload-Checksum: {Checksum("sha1", content[100..])}");
            await wire.SendAsync(content[100..(Large - 1)]);
            wire.EndSending();
            await wire.ReadAsync();
        }
        Assert.Equal(100, await Tus.OffsetInTheEndAsync(upload));
        await Tus.AppendAsync(upload, 100, content[100..], ("Upload-Checksum", Checksum("sha1", content[100..])));
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    private static string Checksum(string algorithm, byte[] content) =>
        $"{algorithm} {Convert.ToBase64String(CryptographicOperations.HashData(new HashAlgorithmName(algorithm.ToUpperInvariant()), content))}";

    private static Task SendHeadAsync(Wire wire, string upload, long offset) =>
        wire.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", $"Upload-Offset: {offset}", $"Content-Type: {TusClient.ContentType}",
            "Transfer-Encoding: chunked", "Trailer: Upload-Checksum");

    private async Task<WireAnswer> TrailedAsync(string upload, long offset, string trailer)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await SendHeadAsync(wire, upload, offset);
        await wire.SendAsync($"5\r\nhello\r\n6\r\n world\r\n0\r\n{trailer}\r\n\r\n");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal("1.0.0", answer.Fields["Tus-Resumable"]);
        return answer;
    }
}

public sealed class TusChecksumOnEmbeddedTests(EmbeddedPair pair) : TusChecksumTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusChecksumOnClusterTests(ClusterPair pair) : TusChecksumTests(pair), IClassFixture<ClusterPair>;
