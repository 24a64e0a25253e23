using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A client that changes its own files while the service lives, and records the answers.</summary>
internal sealed class KillClient(int number)
{
    private const int FilesAtMost = 6;

    /// <summary>A pause longer than the interval of renewals.</summary>
    private static readonly TimeSpan Dawdle = KillLoopTests.Lease * 0.4;

    // Each client is seeded, so that its requests repeat; only the moment of a kill differs.
    private readonly Random _random = new(number);
    private int _asked;
    private KillUpload? _upload;

    public KillLedger Ledger { get; } = new();

    public int Acknowledged { get; private set; }

    /// <summary>The number of lost answers.</summary>
    public int Lost { get; private set; }

    /// <summary>The number of answers that leave the result open.</summary>
    public int Failed { get; private set; }

    /// <summary>Sends one request after the other until an answer is lost.</summary>
    public async Task RunAsync(HttpClient http, CancellationToken stop)
    {
        var lost = Lost;
        // An unsure upload may have become a file.
        if (_upload is not null && Ledger.Sure.ContainsKey(_upload.Id))
            _upload = null;
        while (lost == Lost && !stop.IsCancellationRequested)
        {
            var (id, file) = Ledger.Sure.ElementAtOrDefault(_random.Next(Ledger.Sure.Count));
            await ((file, _random.Next(14)) switch
            {
                (null, _) => CreateAsync(http),
                (_, 0 or 1) when Ledger.Sure.Count < FilesAtMost => CreateAsync(http),
                (_, 12 or 13) when Ledger.Sure.Count < FilesAtMost => CopyAsync(http, id, file),
                (_, 2) => CreateSlowlyAsync(http),
                (_, 3) => GoAwayAsync(http, id),
                (_, 10 or 11) => ResumeAsync(http),
                (_, 4 or 5) => RenameAsync(http, id, file),
                (_, 6 or 7) => DeleteAsync(http, id, file),
                _ => ReplaceAsync(http, id, file),
            });
        }
    }

    private async Task CreateAsync(HttpClient http)
    {
        var (content, wanted) = NewFile();
        using var body = new ByteArrayContent(content);
        await CreatedAsync(await TryAsync(http.PostAsync($"/files/upload?file_name={wanted.Name}", body)), wanted);
    }

    /// <summary>Makes an upload that lasts beyond the first renewal of its lease.</summary>
    private async Task CreateSlowlyAsync(HttpClient http)
    {
        var (content, wanted) = NewFile();
        using var body = new GatedContent(content, content.Length / 2);
        var sending = TryAsync(http.PostAsync($"/files/upload?file_name={wanted.Name}", body));
        await Task.WhenAny(sending, body.Stopped);
        await Task.WhenAny(sending, Task.Delay(Dawdle));
        body.Open();
        await CreatedAsync(await sending, wanted);
    }

    private async Task CopyAsync(HttpClient http, string id, KnownFile file)
    {
        var wanted = file with { Name = NewName(), Version = 1 };
        using var body = JsonContent.Create(new { file_name = wanted.Name });
        await CreatedAsync(await TryAsync(http.PostAsync($"/files/{id}/copy", body)), wanted);
    }

    /// <summary>Sends one request of a resumable upload, which continues through all kills.</summary>
    private async Task ResumeAsync(HttpClient http)
    {
        if (_upload is not { } upload)
        {
            var (content, wanted) = NewFile();
            using var create = KillUpload.Create(content, wanted);
            using var created = await TryAsync(http.SendAsync(create));
            // Without an answer, the upload is unknown to its client and has no bytes.
            if (IsKnown(created, $"POST {wanted} by tus"))
                _upload = new KillUpload(created!.Headers.Location!.OriginalString, content, wanted);
            return;
        }
        using var request = upload.NextRequest();
        var mayComplete = upload.MayComplete;
        using var answer = await TryAsync(http.SendAsync(request));
        if (!IsKnown(answer, $"{request.Method} {upload.Wanted} by tus"))
        {
            upload.Lost();
            if (mayComplete)
                Ledger.LostCreation(upload.Wanted);
        }
        else if (upload.Acknowledged(answer!))
        {
            Ledger.Acknowledged(upload.Id, upload.Wanted);
            _upload = null;
        }
    }

    /// <summary>Ends the upload in progress, if there is one.</summary>
    public async Task EndUploadAsync(HttpClient http)
    {
        if (_upload is null || Ledger.Sure.ContainsKey(_upload.Id))
            return;
        using var end = _upload.End();
        using var answer = await http.SendAsync(end);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, answer.StatusCode);
    }

    private async Task ReplaceAsync(HttpClient http, string id, KnownFile file)
    {
        var content = NewContent();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/files/{id}/content") { Content = new ByteArrayContent(content) };
        // No other client changes the file, so the precondition holds unless an acknowledged change was lost.
        if (_random.Next(2) == 0)
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{file.Version}-{file.Sha256[..16]}\""));
        await ChangedAsync(await TryAsync(http.SendAsync(request)), id, file with { Sha256 = Hash(content), Version = file.Version + 1 });
    }

    private async Task RenameAsync(HttpClient http, string id, KnownFile file)
    {
        var wanted = file with { Name = NewName(), Version = file.Version + 1 };
        using var body = JsonContent.Create(new { file_name = wanted.Name });
        await ChangedAsync(await TryAsync(http.PutAsync($"/files/{id}", body)), id, wanted);
    }

    private async Task DeleteAsync(HttpClient http, string id, KnownFile file)
    {
        using var answer = await TryAsync(http.DeleteAsync($"/files/{id}"));
        if (IsKnown(answer, $"DELETE {file}"))
            Ledger.Acknowledged(id, null);
        else
            Ledger.Lost(id, null);
    }

    /// <summary>Disconnects in the middle of an upload or a replacement, which therefore can never happen.</summary>
    private async Task GoAwayAsync(HttpClient http, string id)
    {
        var content = NewContent();
        using var body = new GatedContent(content, content.Length / 2);
        var sending = _random.Next(2) == 0
            ? http.PostAsync($"/files/upload?file_name={NewName()}", body)
            : http.PutAsync($"/files/{id}/content", body);
        await Task.WhenAny(sending, body.Stopped);
        body.Break();
        try
        {
            using var answer = await sending;
            Assert.False(answer.IsSuccessStatusCode, "Half a body was taken for a whole one.");
        }
        catch (Exception cut) when (cut is HttpRequestException or SocketException)
        {
            // The expected end. If the service is gone too, the next request shows it.
        }
    }

    private async Task CreatedAsync(HttpResponseMessage? answer, KnownFile wanted)
    {
        using (answer)
        {
            if (!IsKnown(answer, $"POST {wanted}"))
            {
                Ledger.LostCreation(wanted);
                return;
            }
            var file = await answer!.JsonAsync();
            Assert.Equal(wanted, KnownFile.Of(file));
            Ledger.Acknowledged(file.Id(), wanted);
        }
    }

    private async Task ChangedAsync(HttpResponseMessage? answer, string id, KnownFile wanted)
    {
        using (answer)
        {
            if (!IsKnown(answer, $"PUT {wanted}"))
            {
                Ledger.Lost(id, wanted);
                return;
            }
            var file = (await answer!.JsonAsync()).GetProperty("file");
            Assert.Equal(wanted, KnownFile.Of(file));
            Ledger.Acknowledged(id, wanted);
        }
    }

    /// <summary>Whether the service acknowledged the request, which is valid and must not be refused.</summary>
    private bool IsKnown(HttpResponseMessage? answer, string what)
    {
        if (answer is null)
            return false;
        Assert.True(answer.IsSuccessStatusCode || (int)answer.StatusCode >= 500, $"{(int)answer.StatusCode} to {what}");
        (Acknowledged, Failed) = answer.IsSuccessStatusCode ? (Acknowledged + 1, Failed) : (Acknowledged, Failed + 1);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Reads the answer to its end; null if it was lost.</summary>
    private async Task<HttpResponseMessage?> TryAsync(Task<HttpResponseMessage> sending)
    {
        try
        {
            return await sending;
        }
        catch (Exception cut) when (cut is HttpRequestException or SocketException)
        {
            Lost++;
            return null;
        }
    }

    private (byte[] Content, KnownFile Wanted) NewFile()
    {
        var content = NewContent();
        return (content, new KnownFile(NewName(), Hash(content), 1));
    }

    private string NewName() => $"c{number}-{_asked++}";

    /// <summary>Makes a content: mostly small, sometimes too large for a segment, and sometimes larger than one part of a multipart upload.</summary>
    private byte[] NewContent() => RandomNumberGenerator.GetBytes(_random.Next(12) switch
    {
        0 => 9 << 20,
        < 4 => (1 << 20) + 1 + _random.Next(100_000),
        _ => 1 + _random.Next(100_000),
    });

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
