using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The extension concatenation of the tus protocol.</summary>
public abstract class TusConcatenationTests(Pair pair)
{
    private TusClient Tus => new(pair.Http);

    [Theory]
    [InlineData(5, 6, 0)]
    [InlineData(9_000_000, 1, 8_388_608)]
    public async Task Partial_uploads_become_one_file_in_the_order_of_the_list(int one, int two, int three)
    {
        var contents = new[] { one, two, three }.Select((size, seed) => new Generated(seed, size)).ToList();
        var partials = new List<string>();
        foreach (var content in contents)
            partials.Add(await Tus.PartialAsync(content.Bytes(0, content.Size), ("Upload-Metadata", TusClient.Metadata(("filename", "part.bin")))));
        partials.Reverse();
        var final = await Tus.ConcatenateAsync(partials, ("Upload-Metadata", TusClient.Metadata(("filename", "whole.txt"))));

        var file = await Tus.FileAsync(final);
        Assert.Equal("whole.txt", file.Name());
        Assert.Equal(
            contents.AsEnumerable().Reverse().SelectMany(content => content.Bytes(0, content.Size)),
            await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        using var head = await Tus.HeadAsync(final);
        Assert.Equal(
            (TusClient.Text(one + two + three), TusClient.Text(one + two + three), TusClient.Final(partials)),
            (head.Field("Upload-Length"), head.Field("Upload-Offset"), head.Field("Upload-Concat")));
    }

    [Fact]
    public async Task A_partial_upload_is_never_a_file_and_is_marked_as_partial()
    {
        var partial = await Tus.PartialAsync([1, 2, 3]);
        await Tus.IsNoFileAsync(partial);
        using var head = await Tus.HeadAsync(partial);
        Assert.Equal(("partial", "3", "3"), (head.Field("Upload-Concat"), head.Field("Upload-Offset"), head.Field("Upload-Length")));
        Assert.Null(head.Field("Content-Location"));
    }

    [Fact]
    public async Task A_partial_upload_can_be_used_several_times_and_twice_in_one_file()
    {
        var (one, two) = (await Tus.PartialAsync(Encoding.ASCII.GetBytes("ha")), await Tus.PartialAsync(Encoding.ASCII.GetBytes("!")));
        var first = await Tus.ConcatenateAsync([one, one, two]);
        var second = await Tus.ConcatenateAsync([new Uri(pair.Service.Address, one).ToString(), two]);
        Assert.Equal("haha!", await pair.Http.GetStringAsync($"/files/{TusClient.Id(first)}"));
        Assert.Equal("ha!", await pair.Http.GetStringAsync($"/files/{TusClient.Id(second)}"));
    }

    [Fact]
    public async Task PATCH_of_a_final_upload_gets_403_and_changes_nothing()
    {
        var final = await Tus.ConcatenateAsync([await Tus.PartialAsync([1])]);
        using var patch = await Tus.PatchAsync(final, 1, [2]);
        await patch.RefusedAsync(403, "forbidden");
        Assert.Equal([1], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(final)}"));
    }

    [Fact]
    public async Task A_part_can_be_empty_or_have_had_a_deferred_length()
    {
        var (deferred, empty) = (await Tus.CreateAsync(null, ("Upload-Concat", "partial")), await Tus.CreateAsync(0, ("Upload-Concat", "partial")));
        await Tus.AppendAsync(deferred, 0, [1]);
        await Tus.AppendAsync(deferred, 1, [2], ("Upload-Length", "2"));
        var (whole, nothing) = (await Tus.ConcatenateAsync([empty, deferred, empty]), await Tus.ConcatenateAsync([empty]));
        Assert.Equal([1, 2], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(whole)}"));
        Assert.Empty(await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(nothing)}"));
    }

    [Fact]
    public async Task The_metadata_of_parts_is_not_used_for_the_file()
    {
        var partial = await Tus.PartialAsync([1], ("Upload-Metadata", TusClient.Metadata(("filename", "../.."), ("filetype", "text/plain"))));
        var file = await Tus.FileAsync(await Tus.ConcatenateAsync([partial]));
        Assert.Equal(("untitled", "application/octet-stream"), (file.Name(), file.Text("file_type")));
    }

    [Fact]
    public async Task DELETE_of_a_part_keeps_the_files_made_from_it()
    {
        var partial = await Tus.PartialAsync([1, 2]);
        var final = await Tus.ConcatenateAsync([partial, partial]);
        using var ofPartial = await Tus.DeleteAsync(partial);
        Assert.Equal(HttpStatusCode.NoContent, ofPartial.StatusCode);
        await Tus.IsGoneAsync(partial);
        using var ofFinal = await Tus.DeleteAsync(final);
        await ofFinal.RefusedAsync(410, "upload_complete");
        Assert.Equal([1, 2, 1, 2], await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(final)}"));
    }

    [Fact]
    public async Task A_final_upload_with_a_length_is_refused()
    {
        var partial = await Tus.PartialAsync([1]);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var field in new[] { ("Upload-Length", "1"), ("Upload-Defer-Length", "1") })
            {
                using var response = await Tus.PostAsync(("Upload-Concat", TusClient.Final([partial])), field);
                await response.RefusedAsync(400, "invalid_request");
            }
        });
    }

    [Fact]
    public async Task Only_complete_partial_uploads_can_be_concatenated()
    {
        var file = $"/files/{(await pair.Http.UploadAsync([1], "a")).Id()}";
        var (final, open) = (await Tus.ConcatenateAsync([await Tus.PartialAsync([1])]), await Tus.CreateAsync(null, ("Upload-Concat", "partial")));
        await Tus.AppendAsync(open, 0, [1]);
        var (good, unfinished, ordinary, ended) = (await Tus.PartialAsync([1]), await Tus.CreateAsync(2, ("Upload-Concat", "partial")),
            await Tus.CreateAsync(1), await Tus.PartialAsync([1]));
        await Tus.AppendAsync(unfinished, 0, [1]);
        await Tus.AppendAsync(ordinary, 0, [1]);
        using var delete = await Tus.DeleteAsync(ended);
        Assert.Equal(HttpStatusCode.NoContent, delete.StatusCode);
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var bad in new[] { TusClient.Unknown, unfinished, open, ordinary, final, file, ended, "/uploads/no-id" })
            {
                using var response = await Tus.PostAsync(("Upload-Concat", TusClient.Final([good, bad])));
                await response.RefusedAsync(400, "invalid_request");
            }
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("final")]
    [InlineData("final;")]
    [InlineData("Partial")]
    [InlineData("final: /uploads/019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10")]
    public async Task A_malformed_list_of_parts_gets_400(string concat) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Tus.PostAsync(("Upload-Concat", concat));
        await response.RefusedAsync(400, "invalid_request");
    });
}

public sealed class TusConcatenationOnEmbeddedTests(EmbeddedPair pair) : TusConcatenationTests(pair), IClassFixture<EmbeddedPair>;

public sealed class TusConcatenationOnClusterTests(ClusterPair pair) : TusConcatenationTests(pair), IClassFixture<ClusterPair>;
