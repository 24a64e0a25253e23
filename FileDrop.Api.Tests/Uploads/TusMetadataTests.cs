using System.Globalization;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Upload-Metadata, and the name, type and tags that the file gets from it.</summary>
public abstract class TusMetadataTests(Pair pair)
{
    private TusClient Tus => new(pair.Http);

    [Theory]
    [InlineData("filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential")]
    [InlineData("is_confidential")]
    [InlineData("is_confidential ,filename YQ==")]
    [InlineData("filename YQ==,x /////w==,y AAECAw==")]
    [InlineData("FileName YQ==,k.e-y_1 YQ==")]
    public async Task Metadata_is_returned_as_sent(string metadata)
    {
        var upload = await Tus.CreateAsync(1, ("Upload-Metadata", metadata));
        foreach (var content in new byte[][] { [], [1] })
        {
            await Tus.AppendAsync(upload, 0, content);
            using var head = await Tus.HeadAsync(upload);
            Assert.Equal(metadata.TrimEnd(), head.Field("Upload-Metadata"));
        }
    }

    [Fact]
    public async Task An_upload_without_metadata_returns_none()
    {
        var upload = await Tus.CreateAsync(1);
        using var head = await Tus.HeadAsync(upload);
        Assert.Null(head.Field("Upload-Metadata"));
        await Tus.AppendAsync(upload, 0, [1]);
        var file = await Tus.FileAsync(upload);
        Assert.Equal(("untitled", "application/octet-stream"), (file.Name(), file.Text("file_type")));
        Assert.Empty(file.Tags());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("filename !!!")]
    [InlineData("filename YQ")]
    [InlineData("filename Y=Q=")]
    [InlineData("filename YQ== YQ==")]
    [InlineData("x not base64")]
    [InlineData("x YQ==,x YQ==")]
    [InlineData("filename YQ==,filename Yg==")]
    [InlineData("x,x")]
    [InlineData(",")]
    [InlineData("filename YQ==,")]
    [InlineData(",filename YQ==")]
    [InlineData("filename YQ==,,x")]
    [InlineData("filename YQ==, YQ==")]
    public async Task Malformed_metadata_gets_400(string metadata) => await RefusedAsync(metadata, "invalid_request");

    [Theory]
    [InlineData("a.txt")]
    [InlineData("Żółć 灯泡.pdf")]
    [InlineData("🙂🇵🇱.jpg")]
    [InlineData(" spaces , commas; and = signs ")]
    [InlineData("\"quotes\" 'and' %41 <b>")]
    [InlineData("x\u200By\u202Ez")]
    public async Task An_unusual_name_is_kept_for_the_file(string name)
    {
        var upload = await Tus.CreateAsync(1, ("Upload-Metadata", TusClient.Metadata(("filename", name))));
        await Tus.AppendAsync(upload, 0, [1]);
        Assert.Equal(name, (await Tus.FileAsync(upload)).Name());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("C:\\a\\b.txt", "b.txt")]
    [InlineData("e\u0301", "\u00e9")]
    public async Task A_name_in_metadata_obeys_the_same_rules_as_any_other(string sent, string kept)
    {
        var upload = await Tus.CreateAsync(1, ("Upload-Metadata", TusClient.Metadata(("filename", sent))));
        await Tus.AppendAsync(upload, 0, [1]);
        Assert.Equal(kept, (await Tus.FileAsync(upload)).Name());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("a\r\nSet-Cookie: x")]
    [InlineData("a\0b")]
    [InlineData("..")]
    [InlineData("a/")]
    public async Task A_name_that_is_not_allowed_gets_400(string name) =>
        await RefusedAsync(TusClient.Metadata(("filename", name)), "invalid_name");

    [Fact]
    [ClusterAtNight]
    public async Task A_name_that_is_too_long_or_not_text_gets_400()
    {
        await RefusedAsync(TusClient.Metadata(("filename", new string('x', 256))), "invalid_name");
        await RefusedAsync($"filename {Convert.ToBase64String([0xff, 0xfe, 0xc0])}", "invalid_name");
    }

    [Theory]
    [InlineData("{\"project\": \"apollo\", \"ż\": \"\"}", 2)]
    [InlineData("{}", 0)]
    public async Task Tags_in_metadata_become_the_files(string tags, int count)
    {
        var upload = await Tus.CreateAsync(1, ("Upload-Metadata", TusClient.Metadata(("tags", tags), ("filename", "a"))));
        await Tus.AppendAsync(upload, 0, [1]);
        var found = (await Tus.FileAsync(upload)).Tags();
        Assert.Equal(count, found.Count);
        Assert.Equal(count == 0 ? null : "apollo", found.GetValueOrDefault("project"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"a\": 1}")]
    [InlineData("{\"a:b\": \"x\"}")]
    [InlineData("{\"\": \"x\"}")]
    public async Task Tags_that_are_not_allowed_get_400(string tags) => await RefusedAsync(TusClient.Metadata(("tags", tags)), "invalid_tags");

    [Fact]
    [ClusterAtNight]
    public async Task The_names_that_other_clients_use_for_name_and_type_count_if_the_common_ones_are_absent()
    {
        var uppy = await Tus.CreateAsync(0, ("Upload-Metadata", TusClient.Metadata(("name", "u.bin"), ("type", "image/png"))));
        var both = await Tus.CreateAsync(0, ("Upload-Metadata",
            TusClient.Metadata(("name", "n"), ("type", "image/png"), ("filename", "f"), ("filetype", "text/html"))));
        var (first, second) = (await Tus.FileAsync(uppy), await Tus.FileAsync(both));
        Assert.Equal(("u.bin", "image/png"), (first.Name(), first.Text("file_type")));
        Assert.Equal(("f", "text/html"), (second.Name(), second.Text("file_type")));
    }

    [Fact]
    [ClusterAtNight]
    public async Task Without_a_type_the_name_decides_it()
    {
        var upload = await Tus.CreateAsync(0, ("Upload-Metadata", TusClient.Metadata(("filename", "a.png"))));
        Assert.Equal("image/png", (await Tus.FileAsync(upload)).Text("file_type"));
    }

    [Fact]
    public async Task Metadata_of_many_keys_is_kept()
    {
        var metadata = TusClient.Metadata([.. Enumerable.Range(0, 50).Select(i => (string.Create(CultureInfo.InvariantCulture, $"key{i}"), new string('v', i)))]);
        var upload = await Tus.CreateAsync(1, ("Upload-Metadata", metadata));
        using var head = await Tus.HeadAsync(upload);
        Assert.Equal(Encoding.ASCII.GetBytes(metadata), Encoding.ASCII.GetBytes(head.Field("Upload-Metadata") ?? ""));
    }

    private async Task RefusedAsync(string metadata, string code) => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var concat in new[] { null, "partial" })
        {
            // The metadata of a partial upload is not used, but malformed metadata is refused there too.
            if (concat is not null && code != "invalid_request")
                continue;
            using var response = await Tus.PostAsync(("Upload-Length", "1"), ("Upload-Metadata", metadata), ("Upload-Concat", concat));
            await response.RefusedAsync(400, code);
        }
    });
}

public sealed class TusMetadataOnEmbeddedTests(EmbeddedPair pair) : TusMetadataTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusMetadataOnClusterTests(ClusterPair pair) : TusMetadataTests(pair), IClassFixture<ClusterPair>;
