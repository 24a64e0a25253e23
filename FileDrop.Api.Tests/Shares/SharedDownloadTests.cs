using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

public abstract class SharedDownloadTests(Pair pair)
{
    [Fact]
    public async Task Of_64_downloads_at_once_a_limit_of_10_lets_exactly_10_pass()
    {
        var content = Requests.Bytes(70_000);
        var file = (await pair.Http.UploadAsync(content, "a")).Id();
        var share = await pair.Http.ShareAsync(new { ids = new[] { file }, max_downloads = 10 });
        using var visitor = pair.Service.Visitor();
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            using var response = await visitor.GetAsync(share.Text("url"));
            if (response.StatusCode == HttpStatusCode.OK)
                Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
            return response.StatusCode;
        }));
        Assert.Equal(10, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(54, answers.Count(status => status == HttpStatusCode.NotFound));
        var now = await pair.Http.ReadShareAsync(share);
        Assert.Equal((10, "exhausted"), (now.GetProperty("downloads").GetInt32(), now.Text("state")));
    }

    [Fact]
    public async Task A_counted_download_goes_on_with_its_cookie_up_to_twice_the_size_and_nothing_else_counts()
    {
        var file = (await pair.Http.UploadAsync(Requests.Bytes(1000), "a.txt", "text/plain")).Id();
        var share = await pair.Http.ShareAsync(new { ids = new[] { file }, max_downloads = 2 });
        var link = share.Text("url");
        using var visitor = pair.Service.Visitor();
        foreach (var (method, fields) in new (HttpMethod, (string, string)[])[]
        {
            (HttpMethod.Head, []), (HttpMethod.Get, [("Accept", "text/html")]), (HttpMethod.Get, [("User-Agent", "Twitterbot/1.0")]),
            (HttpMethod.Get, [("Range", "bytes=5000-")]), (HttpMethod.Get, [("If-Match", "\"other\"")]),
        })
        {
            using var free = await visitor.SendAsync(method, link, null, fields);
        }
        using (var page = await visitor.PageAsync(link))
            Assert.DoesNotContain("?inline=true", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync(share));
        string cookies;
        using (var first = await visitor.SendAsync(HttpMethod.Get, $"{link}?inline=true", null, ("Range", "bytes=0-399")))
        {
            Assert.Equal(HttpStatusCode.PartialContent, first.StatusCode);
            Assert.Equal("attachment", first.Content.Headers.ContentDisposition?.DispositionType);
            cookies = first.Cookies();
            Assert.Contains($"path={link}; samesite=lax; httponly", first.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        }
        Assert.Equal(1, await CountAsync(share));
        foreach (var range in new[] { "bytes=400-999", "bytes=0-999" })
        {
            using var more = await visitor.SendAsync(HttpMethod.Get, link, null, ("Range", range), ("Cookie", cookies));
            Assert.Equal(HttpStatusCode.PartialContent, more.StatusCode);
        }
        Assert.Equal(1, await CountAsync(share));
        // Twice the size is used up, so the next byte begins the second download.
        using (var second = await visitor.SendAsync(HttpMethod.Get, link, null, ("Range", "bytes=0-0"), ("Cookie", cookies)))
            Assert.Equal(HttpStatusCode.PartialContent, second.StatusCode);
        Assert.Equal(2, await CountAsync(share));
        using (var last = await visitor.SendAsync(HttpMethod.Get, link, null, ("Cookie", cookies)))
            Assert.Equal(HttpStatusCode.OK, last.StatusCode);
        using (var stranger = await visitor.GetAsync(link))
            await stranger.RefusedAsync(404, "share_not_found");
        using (var forged = await visitor.SendAsync(HttpMethod.Get, link, null, ("Cookie", "fd-visit=AAAAAAAAAAAAAAAAAAAAAA"), ("If-Match", "\"x\"")))
            await forged.RefusedAsync(404, "share_not_found");
        using var head = await visitor.SendAsync(HttpMethod.Head, link, null, ("Cookie", cookies));
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Fact]
    public async Task A_revocation_ends_running_downloads_within_two_seconds()
    {
        var file = (await pair.Http.UploadAsync(new byte[48 << 20], "a")).Id();
        var share = await pair.Http.ShareAsync(new { ids = new[] { file } });
        // A small window, so that little more comes than the service has sent when the share ends.
        using var visitor = pair.Service.VisitorFrom(204, receiveBuffer: 64 << 10);
        using var response = await visitor.GetAsync(share.Text("url"), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1 << 20]);
        using (var ended = await pair.Http.DeleteAsync($"/shares/{share.Text("share_id")}"))
            await ended.SucceededAsync();
        var begun = Stopwatch.GetTimestamp();
        // At this pace the whole file would take a quarter of a minute.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (var total = 1L << 20; total < 48L << 20; total += 1 << 16)
            {
                await body.ReadExactlyAsync(new byte[1 << 16]);
                await Task.Delay(20);
            }
        });
        // Other tests keep the machine busy, so this leaves six more seconds.
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(8), $"{Stopwatch.GetElapsedTime(begun)}");
    }

    [Fact]
    public async Task A_revocation_ends_running_archives_within_two_seconds_and_none_of_them_looks_whole()
    {
        const int Size = 48 << 20;
        var folder = (await pair.Http.FolderAsync($"archive {Guid.NewGuid()}")).FolderId();
        var files = new List<string>();
        for (var i = 0; i < 3; i++)
            files.Add((await pair.Http.PlaceAsync(new byte[Size / 3], $"{i}", folder: folder)).Id());
        await Task.WhenAll(EndsAsync([folder]), EndsAsync([.. files]));

        async Task EndsAsync(string[] ids)
        {
            var share = await pair.Http.ShareAsync(new { ids });
            // A small window, so that little more comes than the service has sent when the share ends.
            using var visitor = pair.Service.VisitorFrom(203, receiveBuffer: 64 << 10);
            using var response = await visitor.GetAsync($"{share.Text("url")}?zip=true", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
            Assert.True(response.Content.Headers.ContentLength > Size);
            await using var body = await response.Content.ReadAsStreamAsync();
            using var received = new MemoryStream();
            var piece = new byte[64 << 10];
            await body.ReadExactlyAsync(piece);
            received.Write(piece);
            using (var ended = await pair.Http.DeleteAsync($"/shares/{share.Text("share_id")}"))
                await ended.SucceededAsync();
            var begun = Stopwatch.GetTimestamp();
            // At this pace the whole archive would take a quarter of a minute.
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                while (await body.ReadAsync(piece) is var read and > 0)
                {
                    received.Write(piece, 0, read);
                    await pace.WaitForNextTickAsync();
                }
            });
            // Other tests keep the machine busy, so this leaves six more seconds.
            Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(8), $"{Stopwatch.GetElapsedTime(begun)}");
            Assert.True(received.Length < response.Content.Headers.ContentLength);
            Assert.Throws<InvalidDataException>(() => new ZipArchive(received, ZipArchiveMode.Read));
        }
    }

    [Fact]
    public async Task Downloads_without_a_limit_are_counted_a_moment_later()
    {
        var file = (await pair.Http.UploadAsync(Requests.Bytes(100), "a.txt", "text/plain")).Id();
        var share = await pair.Http.ShareAsync(new { ids = new[] { file } });
        using var visitor = pair.Service.Visitor();
        for (var i = 0; i < 3; i++)
            await visitor.GetByteArrayAsync(share.Text("url"));
        await visitor.GetByteArrayAsync($"{share.Text("url")}?inline=true");
        using (var rest = await visitor.SendAsync(HttpMethod.Get, share.Text("url"), null, ("Range", "bytes=50-")))
            Assert.Equal(HttpStatusCode.PartialContent, rest.StatusCode);
        await Service.UntilAsync("the downloads are counted", async () => await CountAsync(share) == 3);
        Assert.Equal(JsonValueKind.String, (await pair.Http.ReadShareAsync(share)).GetProperty("last_used_at").ValueKind);
    }

    [Fact]
    public async Task A_record_of_downloads_that_is_canceled_is_made_by_the_next_one()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        var share = await service.Http.ShareAsync(new { ids = new[] { (await service.Http.UploadAsync([1], "a")).Id() } });
        using var visitor = service.Visitor();
        await visitor.GetByteArrayAsync(share.Text("url"));
        var downloads = service.Services.GetRequiredService<ShareDownloads>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => downloads.RecordAsync(new CancellationToken(canceled: true)));
        await downloads.RecordAsync(default);
        Assert.Equal(1, (await service.Http.ReadShareAsync(share)).GetProperty("downloads").GetInt32());
    }

    [Fact]
    public async Task The_password_opens_by_a_form_and_the_cookie_ends_with_it()
    {
        var file = (await pair.Http.UploadAsync("inside"u8.ToArray(), "hidden name.txt", "text/plain")).Id();
        var share = await pair.Http.ShareAsync(new { ids = new[] { file }, password = ShareWords.Password });
        var link = share.Text("url");
        using var visitor = pair.Service.Visitor();
        using (var page = await visitor.PageAsync(link))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
            Assert.Equal("Bearer", page.Headers.WwwAuthenticate.ToString());
            var html = await page.Content.ReadAsStringAsync();
            Assert.Contains($"action=\"{link}\"", html, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden name", html, StringComparison.Ordinal);
        }
        var origin = pair.Service.Address.GetLeftPart(UriPartial.Authority);
        foreach (var guess in new[] { "wrong", "" })
        {
            using var wrong = await PostAsync(guess, origin);
            Assert.Contains("This is not the password", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        using (var foreign = await PostAsync(ShareWords.Password, "https://example.org"))
            await foreign.RefusedAsync(403, "forbidden");
        string cookies;
        using (var right = await PostAsync(ShareWords.Password, origin))
        {
            Assert.Equal((HttpStatusCode.SeeOther, link), (right.StatusCode, right.Headers.Location?.ToString()));
            cookies = right.Cookies();
            Assert.Contains($"path={link}; samesite=lax; httponly", right.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        }
        using (var open = await visitor.SendAsync(HttpMethod.Get, link, null, ("Cookie", cookies)))
            Assert.Equal("inside", await open.Content.ReadAsStringAsync());
        using (var other = await pair.Http.PatchShareAsync(share, new { password = "another password" }))
            await other.SucceededAsync();
        using var ended = await visitor.SendAsync(HttpMethod.Get, link, null, ("Cookie", cookies));
        await ended.RefusedAsync(401, "share_password_required");

        Task<HttpResponseMessage> PostAsync(string password, string from) => visitor.SendAsync(
            HttpMethod.Post, link, new FormUrlEncodedContent([new("password", password)]), ("Accept", "text/html"), ("Origin", from));
    }

    [Fact]
    public async Task Guesses_are_stopped_and_honest_people_are_not()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        using var visitor = service.Visitor();
        var file = (await service.Http.UploadAsync([1], "a")).Id();
        var open = await service.Http.LinkAsync(file);
        var locked = (await service.Http.ShareAsync(new { ids = new[] { file }, password = ShareWords.Password })).Text("url");
        string cookies;
        using (var opened = await visitor.SendAsync(HttpMethod.Get, locked, null, ("Authorization", ShareWords.Basic(ShareWords.Password))))
            cookies = opened.Cookies();
        var passwords = new List<HttpStatusCode>();
        for (var i = 0; i < 14; i++)
        {
            using var guess = await visitor.SendAsync(HttpMethod.Get, locked, null, ("Authorization", ShareWords.Basic($"guess {i}")));
            passwords.Add(guess.StatusCode);
        }
        Assert.Equal(10, passwords.TakeWhile(status => status == HttpStatusCode.Unauthorized).Count());
        Assert.All(passwords.Skip(10), status => Assert.Equal(HttpStatusCode.TooManyRequests, status));
        var tokens = new ConcurrentBag<(HttpStatusCode Status, string Body)>();
        var at = open.Length - 3;
        await Parallel.ForAsync(0, 300, async (i, cancellation) =>
        {
            var token = i == 0 ? $"{open[..at]}{(open[at] == 'A' ? 'B' : 'A')}{open[(at + 1)..]}" : ShareWords.MadeUpLink();
            using var guess = await visitor.GetAsync(token, cancellation);
            tokens.Add((guess.StatusCode, await guess.Content.ReadAsStringAsync(cancellation)));
        });
        Assert.DoesNotContain(tokens, answer => answer.Status is not (HttpStatusCode.NotFound or HttpStatusCode.TooManyRequests));
        Assert.True(tokens.Count(answer => answer.Status == HttpStatusCode.TooManyRequests) > 200, "most guesses of links are refused");
        // The same address, with a right link, and with a password that it gave before.
        Assert.Equal([1], await visitor.GetByteArrayAsync(open));
        using var honest = await visitor.SendAsync(HttpMethod.Get, locked, null, ("Cookie", cookies));
        Assert.Equal(HttpStatusCode.OK, honest.StatusCode);
    }

    [Fact]
    public async Task Of_64_wrong_passwords_at_once_no_more_are_tried_than_one_after_the_other_and_others_get_in()
    {
        var file = (await pair.Http.UploadAsync([1], "a")).Id();
        var locked = (await pair.Http.ShareAsync(new { ids = new[] { file }, password = ShareWords.Password })).Text("url");
        using var guesser = pair.Service.VisitorFrom(201);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            using var guess = await guesser.SendAsync(HttpMethod.Get, locked, null, ("Authorization", ShareWords.Basic($"guess {i}")));
            return guess.StatusCode;
        }));
        Assert.Equal(10, answers.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(54, answers.Count(status => status == HttpStatusCode.TooManyRequests));
        using var honest = pair.Service.VisitorFrom(202);
        // Right passwords do not count, at once or one after the other.
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var right = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
            {
                using var open = await honest.SendAsync(HttpMethod.Get, locked, null, ("Authorization", ShareWords.Basic(ShareWords.Password)));
                return open.StatusCode;
            }));
            Assert.All(right, status => Assert.Equal(HttpStatusCode.OK, status));
        }
    }

    [Fact]
    public async Task Neither_log_nor_traces_nor_the_audit_log_show_a_token_but_the_share_and_the_address()
    {
        using var log = new LogLines();
        var tags = new ConcurrentQueue<string>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => tags.Enqueue(string.Join('\n', activity.TagObjects.Select(tag => $"{tag.Value}").Append(activity.DisplayName))),
        };
        ActivitySource.AddActivityListener(traces);
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, services => services.AddSingleton<ILoggerProvider>(log),
            ("Logging:LogLevel:Default", "Information"), ("Logging:LogLevel:Microsoft.AspNetCore", "Warning"), ("FileDrop:Audit:Catalog", "true"));
        var share = await service.Http.ShareAsync(new { ids = new[] { (await service.Http.UploadAsync([1], "a")).Id() }, password = ShareWords.Password });
        using var visitor = service.Visitor();
        using (var wrong = await visitor.SendAsync(HttpMethod.Get, share.Text("url"), null, ("Authorization", ShareWords.Basic("wrong"))))
            await wrong.RefusedAsync(401, "share_password_wrong");
        using (var right = await visitor.SendAsync(HttpMethod.Get, share.Text("url"), null, ("Authorization", ShareWords.Basic(ShareWords.Password))))
            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        await Service.UntilAsync("both are in the audit log", async () =>
        {
            var events = JsonDocument.Parse(await service.Http.GetStringAsync("/admin/audit")).RootElement.EnumerateArray().ToList();
            return events.Exists(one => one.Text("operation") == "DownloadShared" && one.Text("subject") == share.Text("share_id") && one.Text("address") == "127.0.0.1")
                && events.Exists(one => one.Text("result") == "share_password_wrong" && one.Text("path") == "/s/…" && one.Text("subject") == share.Text("share_id"));
        });
        var secret = share.Text("url")[3..];
        Assert.DoesNotContain(log.All, line => line.Text.Contains(secret, StringComparison.Ordinal)
            || line.Values.Any(value => $"{value.Value}".Contains(secret, StringComparison.Ordinal)));
        Assert.DoesNotContain(tags, text => text.Contains(secret, StringComparison.Ordinal));
    }

    private async Task<int> CountAsync(JsonElement share) => (await pair.Http.ReadShareAsync(share)).GetProperty("downloads").GetInt32();
}

public sealed class SharedDownloadOnEmbeddedTests(EmbeddedPair pair) : SharedDownloadTests(pair), IClassFixture<EmbeddedPair>;

public sealed class SharedDownloadOnClusterTests(ClusterPair pair) : SharedDownloadTests(pair), IClassFixture<ClusterPair>;
