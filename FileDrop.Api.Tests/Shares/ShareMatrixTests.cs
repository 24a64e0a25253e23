using System.Net;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

/// <summary>Every kind of link to every kind of thing: what a program and what a person gets.</summary>
public abstract class ShareMatrixTests(Pair pair)
{
    private static readonly ShareMode[] Modes = [ShareMode.View, ShareMode.Download];

    private static readonly bool[] Choices = [false, true];

    /// <summary>Hours until the expiry; null for never.</summary>
    private static readonly double?[] Hours = [null, 1, -1];

    private static readonly (long? Most, long Used)[] Limits = [(null, 5), (2, 1), (2, 2)];

    private enum Target { File, Folder, Version, Trash }

    [Fact]
    public async Task Each_mode_password_expiry_and_limit_of_each_thing_is_answered_as_it_must()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var ids = await FillAsync(service.Http);
        var (catalog, key) = (service.Services.GetRequiredService<IShareCatalog>(), await service.Services.GetRequiredService<ShareTokens>().CurrentAsync(default));
        var hash = await service.Services.GetRequiredService<SharePasswords>().HashAsync(ShareWords.Password, "me", default);
        var (door, wrong, count) = ((string?)null, new List<string>(), 0);
        var links =
            from mode in Modes
            from hasPassword in Choices
            from expiry in Hours
            from limit in Limits
            from target in Enum.GetValues<Target>()
            select (mode, hasPassword, expiry, limit.Most, limit.Used, target);
        foreach (var (mode, hasPassword, expiry, most, used, target) in links)
        {
            // Each from an address of its own, so that the limit of guesses stays out of it.
            using var visitor = service.VisitorFrom(++count);
            var id = Guid.CreateVersion7();
            var share = new Share
            {
                Id = id,
                Owner = "local",
                Key = key.Number,
                Digest = Share.DigestOf(Share.TokenOf(id, key.Secret.Span)),
                Mode = mode,
                Ids = [ids[target]],
                Version = target == Target.Version ? 1 : null,
                Password = hasPassword ? hash : null,
                ExpiresAt = expiry is { } hours ? DateTimeOffset.UtcNow.AddHours(hours) : null,
                MaxDownloads = most,
                Downloads = used,
                Creator = "a test",
                Revision = 1,
            };
            Assert.True(await catalog.AddShareAsync(share, default));
            var link = $"/s/{await service.Services.GetRequiredService<ShareTokens>().OfAsync(share, default)}";
            var isGone = expiry < 0 || used == most || target == Target.Trash;
            var name = $"{mode}, password {hasPassword}, expiry {expiry}, {used} of {most}, {target}";

            using (var locked = await visitor.GetAsync(link))
                Expect(isGone && (expiry < 0 || used == most || !hasPassword) ? 404 : hasPassword ? 401 : Bytes(mode, target), locked, $"{name}: a program");
            using (var page = await visitor.PageAsync(link))
            {
                Expect(isGone && (expiry < 0 || used == most || !hasPassword) ? 404 : hasPassword ? 401 : used + 1 == most && Bytes(mode, target) == 200 ? 404 : 200, page, $"{name}: a person");
                Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
                if (hasPassword)
                    Assert.DoesNotContain("plan", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            if (!hasPassword)
                continue;
            // One right password opens all of them, since they share its hash here.
            if (door is null && !isGone)
            {
                using var opened = await visitor.SendAsync(HttpMethod.Head, link, null, ("Authorization", ShareWords.Basic(ShareWords.Password)));
                door = opened.Cookies();
            }
            using var open = await visitor.SendAsync(HttpMethod.Get, link, null, ("Cookie", door ?? ""));
            Expect(isGone ? 404 : Bytes(mode, target), open, $"{name}: with the password");
            if (open.IsSuccessStatusCode)
            {
                var content = await open.Content.ReadAsByteArrayAsync();
                Assert.Equal(target switch { Target.Version => "first", Target.File => "second", _ => "PK" }, Encoding.UTF8.GetString(content)[..(target == Target.Folder ? 2 : content.Length)]);
                Assert.Equal(mode == ShareMode.View ? "inline" : "attachment", open.Content.Headers.ContentDisposition?.DispositionType);
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(144, count);

        void Expect(int status, HttpResponseMessage response, string what)
        {
            if ((int)response.StatusCode != status)
                wrong.Add($"{what}: {(int)response.StatusCode} instead of {status}");
            Assert.Equal("noindex, nofollow", response.Headers.GetValues("X-Robots-Tag").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        }
    }

    private static int Bytes(ShareMode mode, Target target) => mode == ShareMode.View && target == Target.Folder ? 403 : 200;

    private static async Task<Dictionary<Target, Guid>> FillAsync(HttpClient http)
    {
        var folder = await http.FolderAsync("plans");
        var file = (await http.UploadAsync("first"u8.ToArray(), "plan.txt", "text/plain")).Id();
        using (var changed = await http.PutAsync($"/files/{file}/content", new StringContent("second")))
            await changed.SucceededAsync();
        using (var placed = await http.PostAsync($"/files/upload?file_name=plan.txt&folder_id={folder.FolderId()}", new ByteArrayContent([1])))
            await placed.SucceededAsync(HttpStatusCode.Created);
        var trashed = (await http.UploadAsync([1], "old plan.txt")).Id();
        await http.DeletedAsync($"/files/{trashed}");
        return new()
        {
            [Target.File] = Guid.Parse(file),
            [Target.Version] = Guid.Parse(file),
            [Target.Folder] = Guid.Parse(folder.FolderId()),
            [Target.Trash] = Guid.Parse(trashed),
        };
    }
}

public sealed class ShareMatrixOnEmbeddedTests(EmbeddedPair pair) : ShareMatrixTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ShareMatrixOnClusterTests(ClusterPair pair) : ShareMatrixTests(pair), IClassFixture<ClusterPair>;
