using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Files are uploaded into folders, moved, renamed, and copied between them.</summary>
public abstract class PlacedUploadTests(Pair pair)
{
    private const string Time = "2020-02-03T04:05:06.789Z";

    private static readonly byte[] s_content = [.. Encoding.UTF8.GetBytes("in a folder")];

    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_raw_body_a_form_and_both_resumable_protocols_upload_into_a_folder()
    {
        var folder = (await Http.FolderAsync(Unique("a"))).FolderId();
        using var raw = await PostAsync($"?file_name=raw.txt&folder_id={folder}&modified_at={Time}");
        await FileAsync(await raw.SucceededAsync(HttpStatusCode.Created), "raw.txt", folder, Time);

        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(s_content), "file", "form.txt" },
            { new StringContent(folder), "folder_id" },
            { new StringContent(Time), "modified_at" },
        };
        using var posted = await Http.PostAsync("/files/upload", form);
        await FileAsync(await posted.SucceededAsync(HttpStatusCode.Created), "form.txt", folder, Time);

        var tus = new TusClient(Http);
        var upload = await tus.CreateAsync(s_content.Length, ("Upload-Metadata", TusClient.Metadata(
            ("filename", "tus.txt"), ("folder_id", folder), ("modified_at", Time))));
        await tus.AppendAsync(upload, 0, s_content);
        await FileAsync(await Http.MetadataAsync(TusClient.Id(upload)), "tus.txt", folder, Time);

        using var draft = await Http.SendAsync(
            HttpMethod.Post, $"/files/upload?file_name=draft.txt&folder_id={folder}&modified_at={Time}", new ByteArrayContent(s_content), ("Upload-Complete", "?1"));
        Assert.Equal(HttpStatusCode.Created, draft.StatusCode);
        Assert.Equal(["draft.txt", "form.txt", "raw.txt", "tus.txt"], (await Http.EntriesAsync($"{folder}?sort=file_name&order=asc")).Select(entry => entry.Name()));
    }

    [Fact]
    public async Task A_path_names_the_file_or_with_a_name_its_folder_and_can_create_folders()
    {
        var top = Unique("a");
        using var missing = await PostAsync($"?path=/{Uri.EscapeDataString(top)}/b/c.txt");
        await missing.RefusedAsync(404, "folder_not_found");
        using var whole = await PostAsync($"?path=/{Uri.EscapeDataString(top)}/b/c.txt&create_folders=true");
        var file = await whole.SucceededAsync(HttpStatusCode.Created);
        using var path = await Http.GetAsync($"/files/{file.Id()}/path");
        Assert.Equal($"/{top}/b/c.txt", (await path.SucceededAsync()).Text("path"));
        using var beside = await PostAsync($"?path={Uri.EscapeDataString(top)}/b/&file_name=d.txt");
        Assert.Equal(file.Text("folder_id"), (await beside.SucceededAsync(HttpStatusCode.Created)).Text("folder_id"));
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(s_content), "file", "name on the disk.txt" }, { new StringContent($"{top}/b/e.txt"), "path" },
        };
        using var posted = await Http.PostAsync("/files/upload", form);
        Assert.Equal("e.txt", (await posted.SucceededAsync(HttpStatusCode.Created)).Name());
        using var through = await PostAsync($"?path={Uri.EscapeDataString(top)}/b/c.txt/f.txt&create_folders=true");
        await through.RefusedAsync(409, "name_taken");
    }

    [Theory]
    [InlineData("?folder_id=nothing", 404, "folder_not_found")]
    [InlineData("?folder_id=019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10", 404, "folder_not_found")]
    [InlineData("?folder_id=root&path=a", 400, "invalid_request")]
    [InlineData("?folder_id=root&folder_id=root", 400, "invalid_request")]
    [InlineData("?folder_id=root&on_conflict=ask", 400, "invalid_request")]
    [InlineData("?create_folders=true", 400, "invalid_request")]
    [InlineData("?path=a/b&create_folders=yes", 400, "invalid_request")]
    [InlineData("?path=/", 400, "invalid_name")]
    [InlineData("?path=../b", 400, "invalid_name")]
    [InlineData("?path=a//b", 400, "invalid_name")]
    [InlineData("?path=a/%00/b", 400, "invalid_name")]
    [InlineData("?path=%FF", 400, "invalid_name")]
    [InlineData("?modified_at=yesterday", 400, "invalid_request")]
    public Task A_bad_place_is_refused_and_nothing_is_stored(string query, int status, string code) => pair.LeavesNothingAsync(async () =>
    {
        using var raw = await PostAsync(query);
        await raw.RefusedAsync(status, code);
    });

    [Fact]
    public async Task A_taken_name_is_refused_numbered_or_gets_a_new_version()
    {
        var folder = (await Http.FolderAsync(Unique("a"))).FolderId();
        using var created = await PostAsync($"?file_name=report.pdf&folder_id={folder}");
        var first = await created.SucceededAsync(HttpStatusCode.Created);
        await pair.LeavesNothingAsync(async () =>
        {
            using var refused = await PostAsync($"?file_name=report.pdf&folder_id={folder}");
            await refused.RefusedAsync(409, "name_taken");
        });
        using var numbered = await PostAsync($"?file_name=report.pdf&folder_id={folder}&on_conflict=rename");
        Assert.Equal("report (2).pdf", (await numbered.SucceededAsync(HttpStatusCode.Created)).Name());

        // Small, larger than what the embedded store keeps in its catalog, and by a form and tus, whose names come late.
        byte[][] contents = [[1, 2, 3], new byte[100_000], [4], [5, 6]];
        Random.Shared.NextBytes(contents[1]);
        using var raw = await Http.PostAsync($"/files/upload?file_name=report.pdf&folder_id={folder}&on_conflict=replace", new ByteArrayContent(contents[0]));
        using var large = await Http.PostAsync($"/files/upload?file_name=report.pdf&folder_id={folder}&on_conflict=replace", new ByteArrayContent(contents[1]));
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(contents[2]), "file", "report.pdf" }, { new StringContent(folder), "folder_id" }, { new StringContent("replace"), "on_conflict" },
        };
        using var posted = await Http.PostAsync("/files/upload", form);
        foreach (var (answer, version) in new[] { (raw, 2), (large, 3), (posted, 4) })
        {
            var replaced = await answer.SucceededAsync(HttpStatusCode.Created);
            Assert.Equal((first.Id(), version), (replaced.Id(), replaced.Version()));
        }
        var tus = new TusClient(Http);
        var upload = await tus.CreateAsync(contents[3].Length, ("Upload-Metadata", TusClient.Metadata(
            ("filename", "report.pdf"), ("folder_id", folder), ("on_conflict", "replace"))));
        await tus.AppendAsync(upload, 0, contents[3]);
        Assert.Equal(5, (await Http.MetadataAsync(first.Id())).Version());
        for (var version = 2; version <= 5; version++)
            Assert.Equal(contents[version - 2], await Http.GetByteArrayAsync($"/files/{first.Id()}?version={version}"));
        Assert.Equal(2, (await Http.EntriesAsync(folder)).Count);

        await Http.FolderAsync("sub", folder);
        using var overFolder = await PostAsync($"?file_name=sub&folder_id={folder}&on_conflict=replace");
        await overFolder.RefusedAsync(409, "name_taken");
    }

    [Fact]
    public async Task A_repeated_upload_that_got_a_free_name_is_recognized_by_its_key()
    {
        var (here, there) = ((await Http.FolderAsync(Unique("a"))).FolderId(), (await Http.FolderAsync(Unique("b"))).FolderId());
        using var taken = await PostAsync($"?file_name=a.txt&folder_id={here}");
        var key = ("Idempotency-Key", $"{Guid.NewGuid()}");
        var ids = new List<string>();
        for (var time = 0; time < 2; time++)
        {
            using var sent = await Http.SendAsync(
                HttpMethod.Post, $"/files/upload?file_name=a.txt&folder_id={here}&on_conflict=rename", new ByteArrayContent(s_content), key);
            var file = await sent.SucceededAsync(HttpStatusCode.Created);
            Assert.Equal(("a (2).txt", here), (file.Name(), file.Text("folder_id")));
            ids.Add(file.Id());
        }
        Assert.Equal(ids[0], ids[1]);
        using var elsewhere = await Http.SendAsync(
            HttpMethod.Post, $"/files/upload?file_name=a.txt&folder_id={there}&on_conflict=rename", new ByteArrayContent(s_content), key);
        await elsewhere.RefusedAsync(422, "idempotency_key_reused");
        Assert.Equal(2, (await Http.EntriesAsync(here)).Count);
    }

    [Fact]
    public async Task A_file_is_moved_renamed_and_tagged_and_keeps_its_id_and_content()
    {
        var (from, to) = ((await Http.FolderAsync(Unique("a"))).FolderId(), (await Http.FolderAsync(Unique("b"))).FolderId());
        using var created = await PostAsync($"?file_name=a.txt&folder_id={from}");
        var file = await created.SucceededAsync(HttpStatusCode.Created);
        using var moved = await PatchAsync(
            file.Id(), $$"""{"folder_id":"{{to}}","file_name":"b.txt","tags":{"k":"v"},"modified_at":"{{Time}}"}""", ("If-Match", $"{created.Headers.ETag}"));
        var after = (await moved.SucceededAsync()).GetProperty("file");
        await FileAsync(after, "b.txt", to, Time);
        Assert.Equal((file.Id(), 2), (after.Id(), after.Version()));
        Assert.Equal("v", after.Tags()["k"]);
        Assert.Empty(await Http.EntriesAsync(from));
        using var late = await PatchAsync(file.Id(), """{"file_name":"c.txt"}""", ("If-Match", $"{created.Headers.ETag}"));
        await late.RefusedAsync(412, "precondition_failed");

        // The older ways to rename a file claim the name too.
        using var other = await PostAsync($"?file_name=c.txt&folder_id={to}");
        using var put = await Http.PutJsonAsync(file.Id(), """{"file_name":"c.txt"}""");
        await put.RefusedAsync(409, "name_taken");
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "x" }, { new StringContent("c.txt"), "file_name" } };
        using var putForm = await Http.PutAsync($"/files/{file.Id()}", form);
        await putForm.RefusedAsync(409, "name_taken");
        using var renamed = await Http.PutJsonAsync(file.Id(), """{"file_name":"d.txt"}""");
        Assert.Equal("d.txt", (await renamed.SucceededAsync()).GetProperty("file").Name());
        Assert.Equal(s_content, await Http.GetByteArrayAsync($"/files/{file.Id()}"));

        using var replaced = await PatchAsync(file.Id(), """{"file_name":"c.txt","on_conflict":"replace"}""");
        Assert.Equal(file.Id(), (await replaced.SucceededAsync()).GetProperty("file").Id());
        var trashed = (await other.SucceededAsync(HttpStatusCode.Created)).Id();
        await Http.GetRefusedAsync($"/files/{trashed}", 404, "file_not_found");
        using var back = await Http.SendJsonAsync(HttpMethod.Post, $"/trash/{trashed}/restore", """{"on_conflict":"rename"}""");
        Assert.Equal("c (2).txt", (await back.SucceededAsync()).GetProperty("file").Name());
    }

    [Theory]
    [InlineData("{}", 400, "invalid_request")]
    [InlineData("""{"folder_id":null}""", 400, "invalid_request")]
    [InlineData("""{"folder":"root"}""", 400, "invalid_request")]
    [InlineData("""{"file_name":".."}""", 400, "invalid_name")]
    [InlineData("""{"folder_id":"a"}""", 404, "folder_not_found")]
    [InlineData("""{"folder_id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"}""", 404, "folder_not_found")]
    [InlineData("""{"modified_at":5}""", 400, "invalid_request")]
    public async Task A_bad_change_is_refused(string json, int status, string code)
    {
        var file = await Http.UploadAsync(s_content, "a.txt");
        using var refused = await PatchAsync(file.Id(), json);
        await refused.RefusedAsync(status, code);
        Assert.Equal(1, (await Http.MetadataAsync(file.Id())).Version());
    }

    [Fact]
    public async Task A_copy_goes_to_the_folder_of_its_source_or_another_one()
    {
        var (here, there) = ((await Http.FolderAsync(Unique("a"))).FolderId(), (await Http.FolderAsync(Unique("b"))).FolderId());
        using var created = await PostAsync($"?file_name=a.txt&folder_id={here}&modified_at={Time}");
        var source = (await created.SucceededAsync(HttpStatusCode.Created)).Id();
        using var same = await Http.PostAsync($"/files/{source}/copy", null);
        await same.RefusedAsync(409, "name_taken");
        using var numbered = await Http.SendJsonAsync(HttpMethod.Post, $"/files/{source}/copy", """{"on_conflict":"rename"}""");
        await FileAsync(await numbered.SucceededAsync(HttpStatusCode.Created), "a (2).txt", here, Time);
        using var elsewhere = await Http.SendJsonAsync(HttpMethod.Post, $"/files/{source}/copy", $$"""{"folder_id":"{{there}}"}""");
        var copy = await elsewhere.SucceededAsync(HttpStatusCode.Created);
        await FileAsync(copy, "a.txt", there, Time);
        using var again = await Http.SendJsonAsync(HttpMethod.Post, $"/files/{source}/copy", $$"""{"folder_id":"{{there}}","on_conflict":"replace"}""");
        var replaced = await again.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal((copy.Id(), 2), (replaced.Id(), replaced.Version()));
        Assert.Equal(s_content, await Http.GetByteArrayAsync($"/files/{copy.Id()}"));
    }

    [Fact]
    public async Task A_batch_does_each_operation_by_itself_and_tells_its_result()
    {
        var (here, there) = ((await Http.FolderAsync(Unique("a"))).FolderId(), (await Http.FolderAsync(Unique("b"))).FolderId());
        var sub = (await Http.FolderAsync("sub", here)).FolderId();
        var ids = new List<string>();
        foreach (var name in (string[])["0", "1", "2", "3"])
        {
            using var created = await PostAsync($"?file_name={name}&folder_id={here}");
            ids.Add((await created.SucceededAsync(HttpStatusCode.Created)).Id());
        }
        var unknown = Guid.CreateVersion7();
        using var answer = await Http.SendJsonAsync(HttpMethod.Post, "/batch", $$"""
            [{"op":"move","id":"{{ids[0]}}","folder_id":"{{there}}"},
             {"op":"move","id":"{{unknown}}","folder_id":"{{there}}"},
             {"op":"move","id":"{{ids[1]}}","folder_id":"{{there}}","file_name":"0"},
             {"op":"move","id":"{{ids[1]}}","folder_id":"{{there}}","file_name":"0","on_conflict":"rename"},
             {"op":"tag","id":"{{ids[2]}}","tags":{"k":"v"},"version":1},
             {"op":"tag","id":"{{ids[2]}}","tags":{},"version":1},
             {"op":"copy","id":"{{ids[2]}}","folder_id":"{{there}}"},
             {"op":"delete","id":"{{ids[3]}}"},
             {"op":"restore","id":"{{ids[3]}}","folder_id":"{{there}}"},
             {"op":"move","kind":"folder","id":"{{sub}}","folder_id":"{{there}}"},
             {"op":"move","kind":"folder","id":"{{there}}","folder_id":"{{sub}}"},
             {"op":"delete","id":"not an id"}]
            """);
        var results = (await answer.SucceededAsync()).EnumerateArray().ToList();
        Assert.Equal(
            ["200", "404 file_not_found", "409 name_taken", "200", "200", "412 precondition_failed", "201", "200", "200", "200", "409 circle", "404 file_not_found"],
            results.Select(result => result.TryGetProperty("code", out var code) ? $"{result.GetProperty("status")} {code}" : $"{result.GetProperty("status")}"));
        Assert.Equal(ids[0], results[0].GetProperty("file").Id());
        Assert.Equal(JsonValueKind.Null, results[11].GetProperty("id").ValueKind);
        Assert.Equal(["sub/", "0", "0 (2)", "2", "3"], (await Http.EntriesAsync($"{there}?sort=file_name&order=asc")).Select(entry => entry.Label()));
        Assert.Equal(["2"], (await Http.EntriesAsync(here)).Select(entry => entry.Label()));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""[{"op":"move","id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"}]""")]
    [InlineData("""[{"op":"shred","id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"}]""")]
    [InlineData("""[{"op":"1","id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"}]""")]
    [InlineData("""[{"op":"delete"}]""")]
    [InlineData("""[{"op":"delete","id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10","force":true}]""")]
    [InlineData("""[{"op":"copy","kind":"folder","id":"019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"}]""")]
    public async Task A_malformed_batch_is_refused_whole(string json)
    {
        using var answer = await Http.SendJsonAsync(HttpMethod.Post, "/batch", json);
        await answer.RefusedAsync(400, "invalid_request");
    }

    private Task<HttpResponseMessage> PostAsync(string query) => Http.PostAsync($"/files/upload{query}", new ByteArrayContent(s_content));

    private Task<HttpResponseMessage> PatchAsync(string id, string json, params (string Name, string Value)[] fields) =>
        Http.SendJsonAsync(HttpMethod.Patch, $"/files/{id}", json, fields);

    private async Task FileAsync(JsonElement file, string name, string folder, string time)
    {
        Assert.Equal((name, folder, time), (file.Name(), file.Text("folder_id"), file.Text("modified_at")));
        Assert.Equal(file.GetRawText(), (await Http.MetadataAsync(file.Id())).GetRawText());
        Assert.Equal(s_content, await Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    private static string Unique(string name) => $"{name} {Guid.NewGuid():N}";
}

public sealed class PlacedUploadOnEmbeddedTests(TrashEmbeddedPair pair) : PlacedUploadTests(pair), IClassFixture<TrashEmbeddedPair>;

public sealed class PlacedUploadOnClusterTests(TrashClusterPair pair) : PlacedUploadTests(pair), IClassFixture<TrashClusterPair>;

/// <summary>An embedded service that keeps deleted files for a day.</summary>
public sealed class TrashEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [FolderRequests.Day];
}

/// <summary>A service on the cluster that keeps deleted files for a day.</summary>
public sealed class TrashClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => [FolderRequests.Day];
}
