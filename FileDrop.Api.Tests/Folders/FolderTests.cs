using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Folders are created, read, renamed, moved and deleted.</summary>
public abstract class FolderTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_folder_is_created_and_read_with_the_same_members_and_tag()
    {
        var name = $"Zdjęcia {Guid.NewGuid()}";
        using var created = await Http.PostFolderAsync(name);
        var folder = await created.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal($"/folders/{folder.FolderId()}", created.Headers.Location?.ToString());
        Assert.Equal(
            ["folder_id", "name", "parent_id", "created_at", "updated_at", "version"], folder.EnumerateObject().Select(member => member.Name));
        Assert.Equal((name, "00000000-0000-7000-8000-000000000000", 1), (folder.Text("name"), folder.Text("parent_id"), folder.Version()));
        Assert.Equal(folder.Text("created_at"), folder.Text("updated_at"));

        using var read = await Http.GetAsync($"/folders/{folder.FolderId().ToUpperInvariant()}");
        Assert.Equal(folder.GetRawText(), (await read.SucceededAsync()).GetRawText());
        Assert.Equal((created.Headers.ETag, created.Content.Headers.LastModified), (read.Headers.ETag, read.Content.Headers.LastModified));
        Assert.False(read.Headers.ETag?.IsWeak);
        using var known = await Http.SendAsync(HttpMethod.Get, $"/folders/{folder.FolderId()}", null, ("If-None-Match", $"{read.Headers.ETag}"));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var other = await Http.SendAsync(HttpMethod.Get, $"/folders/{folder.FolderId()}", null, ("If-Match", "\"other\""));
        await other.RefusedAsync(412, "precondition_failed");
    }

    [Fact]
    public async Task The_root_is_there_under_its_word_and_its_id_and_cannot_be_changed()
    {
        using var read = await Http.GetAsync("/folders/root");
        var root = await read.SucceededAsync();
        Assert.Equal(("", JsonValueKind.Null, 0), (root.Text("name"), root.GetProperty("parent_id").ValueKind, root.Version()));
        foreach (var id in new[] { "root", root.FolderId() })
        {
            Assert.Equal(root.GetRawText(), (await (await Http.GetAsync($"/folders/{id}")).SucceededAsync()).GetRawText());
            using var renamed = await Http.PatchFolderAsync(id, """{"name":"a"}""");
            await renamed.RefusedAsync(400, "invalid_request");
            using var deleted = await Http.DeleteAsync($"/folders/{id}");
            await deleted.RefusedAsync(400, "invalid_request");
            using var restored = await Http.PostAsync($"/trash/folders/{id}/restore", null);
            await restored.RefusedAsync(404, "folder_not_found");
            using var purged = await Http.DeleteAsync($"/trash/folders/{id}");
            await purged.RefusedAsync(404, "folder_not_found");
        }
    }

    [Fact]
    public async Task A_folder_that_is_renamed_keeps_its_id_and_parent_and_has_a_new_version_and_tag()
    {
        var chain = await Http.ChainAsync(Unique("a"), "b");
        using var before = await Http.GetAsync($"/folders/{chain[1]}");
        using var renamed = await Http.PatchFolderAsync(chain[1], """{"name":"e\u0301"}""", ("If-Match", $"{before.Headers.ETag}"));
        var answer = await renamed.SucceededAsync();
        Assert.Equal("'é' was updated.", answer.Text("message"));
        var folder = answer.GetProperty("folder");
        Assert.Equal((chain[1], "é", chain[0], 2), (folder.FolderId(), folder.Text("name"), folder.Text("parent_id"), folder.Version()));
        using var after = await Http.GetAsync($"/folders/{chain[1]}");
        Assert.Equal(folder.GetRawText(), (await after.SucceededAsync()).GetRawText());
        Assert.Equal(renamed.Headers.ETag, after.Headers.ETag);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);

        using var late = await Http.PatchFolderAsync(chain[1], """{"name":"c"}""", ("If-Match", $"{before.Headers.ETag}"));
        await late.RefusedAsync(412, "precondition_failed");
        using var lateDeletion = await Http.SendAsync(HttpMethod.Delete, $"/folders/{chain[1]}", null, ("If-Match", $"{before.Headers.ETag}"));
        await lateDeletion.RefusedAsync(412, "precondition_failed");
        using var malformed = await Http.PatchFolderAsync(chain[1], """{"name":"c"}""", ("If-Match", "unquoted"));
        await malformed.RefusedAsync(400, "invalid_request");
        Assert.Equal("é", (await (await Http.GetAsync($"/folders/{chain[1]}")).SucceededAsync()).Text("name"));
        // Its own tag says nothing about what is in a folder.
        await Http.FolderAsync("inside", chain[1]);
        using var same = await Http.GetAsync($"/folders/{chain[1]}");
        Assert.Equal(after.Headers.ETag, same.Headers.ETag);
    }

    [Fact]
    public async Task A_folder_moves_with_everything_in_it_which_stays_as_it_is()
    {
        var (from, to) = (await Http.ChainAsync(Unique("a"), "b", "c"), await Http.FolderAsync(Unique("d")));
        var file = await pair.Service.PlaceAsync([1, 2, 3], "f.txt", from[2]);
        var (inner, tag) = (await Http.GetStringAsync($"/folders/{from[2]}"), await Http.TagAsync(file));
        Assert.Equal(to.FolderId(), (await Http.MoveFolderAsync(from[1], to.FolderId())).Text("parent_id"));
        Assert.Equal([1, 2, 3], await Http.GetByteArrayAsync($"/paths/{to.Text("name")}/b/c/f.txt?content"));
        await Http.GetRefusedAsync($"/paths/{(await (await Http.GetAsync($"/folders/{from[0]}")).JsonAsync()).Text("name")}/b", 404, "file_not_found");
        Assert.Equal((inner, tag), (await Http.GetStringAsync($"/folders/{from[2]}"), await Http.TagAsync(file)));

        // Null in a body is the root, as in the folder's own parent_id.
        using var up = await Http.PatchFolderAsync(from[1], $$"""{"parent_id":null,"name":"{{Unique("e")}}"}""");
        Assert.Equal("00000000-0000-7000-8000-000000000000", (await up.SucceededAsync()).GetProperty("folder").Text("parent_id"));
    }

    [Theory]
    [InlineData("", "invalid_name")]
    [InlineData(".", "invalid_name")]
    [InlineData("..", "invalid_name")]
    [InlineData("a/b", "invalid_name")]
    [InlineData("/", "invalid_name")]
    [InlineData("a\\\\b", "invalid_name")]
    [InlineData("a\\u0000", "invalid_name")]
    [InlineData("\\u0007", "invalid_name")]
    [InlineData("\\ud800", "invalid_name")]
    public async Task A_name_that_breaks_a_rule_is_refused_for_new_and_old_folders(string name, string code)
    {
        using var created = await Http.SendJsonAsync(HttpMethod.Post, "/folders", $$"""{"name":"{{name}}"}""");
        await created.RefusedAsync(400, code);
        var folder = await Http.FolderAsync(Unique("a"));
        using var renamed = await Http.PatchFolderAsync(folder.FolderId(), $$"""{"name":"{{name}}"}""");
        await renamed.RefusedAsync(400, code);
        Assert.Equal(folder.GetRawText(), (await (await Http.GetAsync($"/folders/{folder.FolderId()}")).SucceededAsync()).GetRawText());
    }

    [Fact]
    public async Task A_name_has_at_most_255_bytes_in_its_composed_form()
    {
        var parent = (await Http.FolderAsync(Unique("a"))).FolderId();
        // 127 letters of 2 bytes and one more; decomposed they are 3 bytes each.
        var longest = string.Concat(Enumerable.Repeat("e\u0301", 127)) + "x";
        Assert.Equal(longest.Normalize(NormalizationForm.FormC), (await Http.FolderAsync(longest, parent)).Text("name"));
        using var longer = await Http.PostFolderAsync(longest + "y", parent);
        await longer.RefusedAsync(400, "invalid_name");
    }

    [Fact]
    public async Task Names_in_a_folder_are_unique_in_their_composed_form_across_files_and_folders()
    {
        var parent = (await Http.FolderAsync(Unique("a"))).FolderId();
        await Http.FolderAsync("é", parent);
        await pair.Service.PlaceAsync([1], "file", parent);
        foreach (var taken in new[] { "é", "e\u0301", "file" })
        {
            using var refused = await Http.PostFolderAsync(taken, parent);
            await refused.RefusedAsync(409, "name_taken");
        }
        await Http.FolderAsync("É", parent);
        await Http.FolderAsync("File", parent);
        await Http.FolderAsync("e\u0300", parent);
        using var elsewhere = await Http.PostFolderAsync("é", (await Http.FolderAsync(Unique("b"))).FolderId());
        await elsewhere.SucceededAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task On_conflict_decides_about_a_taken_name()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var http = service.Http;
        var first = await http.FolderAsync("a");
        await service.PlaceAsync([1], "f.d", "root");
        Assert.Equal("a (2)", (await http.FolderAsync("a", onConflict: "rename")).Text("name"));
        Assert.Equal("a (3)", (await http.FolderAsync("a", onConflict: "rename")).Text("name"));
        // Only a file's name has an extension.
        Assert.Equal("f.d (2)", (await http.FolderAsync("f.d", onConflict: "rename")).Text("name"));

        var second = await http.FolderAsync("a", onConflict: "replace");
        Assert.Equal("a", second.Text("name"));
        Assert.Equal([first.FolderId()], (await http.EntryPagesAsync("/trash/folders"))[0].Select(folder => folder.FolderId()));
        using var file = await http.PostFolderAsync("f.d", onConflict: "replace");
        await file.RefusedAsync(409, "name_taken");

        var inner = (await http.FolderAsync("a", second.FolderId())).FolderId();
        using var taken = await http.PatchFolderAsync(inner, """{"parent_id":"root"}""");
        await taken.RefusedAsync(409, "name_taken");
        using var renamed = await http.PatchFolderAsync(inner, """{"parent_id":"root","on_conflict":"rename"}""");
        Assert.Equal("a (4)", (await renamed.SucceededAsync()).GetProperty("folder").Text("name"));
        using var replaced = await http.PatchFolderAsync(inner, """{"name":"a","on_conflict":"replace"}""");
        var winner = (await replaced.SucceededAsync()).GetProperty("folder");
        Assert.Equal((inner, "a"), (winner.FolderId(), winner.Text("name")));
        await http.GetRefusedAsync($"/folders/{second.FolderId()}", 404, "folder_not_found");
    }

    [Theory]
    [InlineData("[]", 400, "invalid_request")]
    [InlineData("{", 400, "invalid_request")]
    [InlineData("", 400, "invalid_request")]
    [InlineData("{}", 400, "invalid_request")]
    [InlineData("""{"name":1}""", 400, "invalid_request")]
    [InlineData("""{"name":null}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","name":"b"}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","id":"b"}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","parent_id":1}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","on_conflict":"Fail"}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","on_conflict":null}""", 400, "invalid_request")]
    [InlineData("""{"name":"a","parent_id":"ROOT"}""", 404, "folder_not_found")]
    [InlineData("""{"name":"a","parent_id":""}""", 404, "folder_not_found")]
    [InlineData("""{"name":"a","parent_id":"01a20d70-fd22-7bde-ba24-1bcd17415cfa"}""", 404, "folder_not_found")]
    public async Task A_body_with_something_else_is_refused_and_changes_nothing(string body, int status, string code)
    {
        var folder = await Http.FolderAsync(Unique("a"));
        using var created = await Http.SendJsonAsync(HttpMethod.Post, "/folders", body);
        await created.RefusedAsync(status, code);
        using var changed = await Http.PatchFolderAsync(folder.FolderId(), body);
        await changed.RefusedAsync(status, code);
        Assert.Equal(folder.GetRawText(), (await (await Http.GetAsync($"/folders/{folder.FolderId()}")).SucceededAsync()).GetRawText());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_body_of_another_type_is_refused(string type)
    {
        var folder = (await Http.FolderAsync(Unique("a"))).FolderId();
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, "/folders"), (HttpMethod.Patch, $"/folders/{folder}"), (HttpMethod.Post, $"/trash/folders/{folder}/restore"),
        })
        {
            using var refused = await Http.SendAsync(method, path, new StringContent("""{"name":"a"}""", Encoding.UTF8, type));
            await refused.RefusedAsync(415, "unsupported_media_type");
        }
    }

    [Fact]
    public async Task A_parent_that_is_a_file_or_in_the_trash_is_not_found()
    {
        var file = (await Http.UploadAsync([1], "a.txt")).Id();
        var deleted = (await Http.FolderAsync(Unique("a"))).FolderId();
        var mover = (await Http.FolderAsync(Unique("b"))).FolderId();
        await Http.DeletedAsync($"/folders/{deleted}");
        foreach (var parent in new[] { file, deleted, $"{Guid.CreateVersion7()}" })
        {
            using var created = await Http.PostFolderAsync("c", parent);
            await created.RefusedAsync(404, "folder_not_found");
            using var moved = await Http.PatchFolderAsync(mover, $$"""{"parent_id":"{{parent}}"}""");
            await moved.RefusedAsync(404, "folder_not_found");
            foreach (var path in new[] { "", "/entries", "/path" })
                await Http.GetRefusedAsync($"/folders/{parent}{path}", 404, "folder_not_found");
            using var gone = await Http.DeleteAsync($"/folders/{parent}");
            await gone.RefusedAsync(404, "folder_not_found");
        }
        using var own = await Http.DeleteAsync($"/files/{mover}");
        await own.RefusedAsync(404, "file_not_found");
    }

    [Fact]
    public async Task A_folder_cannot_be_moved_into_itself_or_below_itself()
    {
        var chain = await Http.ChainAsync(Unique("a"), "b", "c");
        foreach (var target in chain)
        {
            using var refused = await Http.PatchFolderAsync(chain[0], $$"""{"parent_id":"{{target}}"}""");
            await refused.RefusedAsync(409, "circle");
        }
        Assert.Equal(2, (await Http.EntriesAsync($"{chain[0]}?deep=true")).Count);
    }

    [Fact]
    public async Task Two_movers_never_close_a_circle()
    {
        for (var round = 0; round < 16; round++)
        {
            var (one, other) = (await Http.ChainAsync(Unique("a"), "b"), await Http.ChainAsync(Unique("c"), "d"));
            var moves = await Task.WhenAll(Move(one[0], other[1]), Move(other[0], one[1]));
            var codes = moves.Select(move => move.IsSuccessStatusCode ? "done" : move.CodeAsync().Result).Order(StringComparer.Ordinal).ToList();
            Assert.True(codes is ["circle", "done"], string.Join(", ", codes));
            foreach (var move in moves)
                move.Dispose();
            // Every folder still leads to the root.
            foreach (var folder in one.Concat(other))
                Assert.StartsWith("/", (await (await Http.GetAsync($"/folders/{folder}/path")).SucceededAsync()).Text("path"), StringComparison.Ordinal);
        }

        Task<HttpResponseMessage> Move(string folder, string parent) => Http.PatchFolderAsync(folder, $$"""{"parent_id":"{{parent}}"}""");
    }

    [Fact]
    public async Task Of_many_who_create_the_same_folder_one_does()
    {
        var name = Unique("a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Http.PostFolderAsync(name)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await refused.RefusedAsync(409, "name_taken");
    }

    [Fact]
    public async Task A_folder_has_at_most_64_levels()
    {
        var chain = await Http.ChainAsync([Unique("a"), .. Enumerable.Range(2, 63).Select(level => $"{level}")]);
        using var refused = await Http.PostFolderAsync("65", chain[^1]);
        await refused.RefusedAsync(409, "too_deep");
        using var moved = await Http.PatchFolderAsync((await Http.FolderAsync(Unique("b"))).FolderId(), $$"""{"parent_id":"{{chain[^1]}}"}""");
        await moved.RefusedAsync(409, "too_deep");
        Assert.Equal(64, (await (await Http.GetAsync($"/folders/{chain[^1]}/path")).SucceededAsync()).GetProperty("folders").GetArrayLength());
    }

    private static string Unique(string name) => $"{name} {Guid.NewGuid():N}";
}

public sealed class FolderOnEmbeddedTests(EmbeddedPair pair) : FolderTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderOnClusterTests(ClusterPair pair) : FolderTests(pair), IClassFixture<ClusterPair>;
