using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using FileDrop.Api.Blobs;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Invariants of a service and its stores, whatever happened before.</summary>
internal static class Invariants
{
    /// <summary>Checks that every listed file is readable, with the size and the hash in its metadata.</summary>
    /// <returns>The files.</returns>
    public static async Task<IReadOnlyList<JsonElement>> EveryFileIsWholeAsync(HttpClient http)
    {
        var files = new List<JsonElement>();
        for (var next = "/files"; next is not null;)
        {
            using var page = await http.GetAsync(next);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            files.AddRange((await page.JsonAsync()).EnumerateArray());
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : null;
        }
        foreach (var file in files)
        {
            var bytes = await http.GetByteArrayAsync($"/files/{file.Id()}");
            Assert.Equal(file.GetProperty("file_size").GetInt64(), bytes.Length);
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        return files;
    }

    /// <summary>Checks that, once the sweeper has run, the blob store holds the given number of contents for each file, and nothing else.</summary>
    public static async Task NothingElseIsLeftAsync(Stores stores, IReadOnlyDictionary<string, int> blobsByFile)
    {
        var last = "";
        try
        {
            await Service.UntilAsync("the sweeper has deleted what nobody names", async () =>
            {
                var found = (await stores.BlobKeysAsync())
                    .Select(text => BlobKey.TryParse(text, out var key) ? key.FileId.ToString() : text)
                    .GroupBy(id => id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
                last = string.Join(", ", found.Where(pair => blobsByFile.GetValueOrDefault(pair.Key) != pair.Value)
                    .Select(pair => $"{pair.Key}: {pair.Value} instead of {blobsByFile.GetValueOrDefault(pair.Key)}"));
                return found.Count == blobsByFile.Count(pair => pair.Value > 0)
                    && found.All(pair => blobsByFile.GetValueOrDefault(pair.Key) == pair.Value);
            }, 60);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Blobs are left or missing: {last}");
        }
    }

    /// <summary>The same for files with one content each, which is the usual case.</summary>
    public static Task NothingElseIsLeftAsync(Stores stores, params IEnumerable<string> files) =>
        NothingElseIsLeftAsync(stores, files.ToDictionary(id => id, _ => 1, StringComparer.Ordinal));
}
