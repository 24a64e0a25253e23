using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>A file in a list.</summary>
internal sealed record Listed(string Id, string Name, long Size, string Type, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static Listed Of(JsonElement file) => new(
        file.Id(),
        file.GetProperty("file_name").GetString() ?? "",
        file.GetProperty("file_size").GetInt64(),
        file.GetProperty("file_type").GetString() ?? "",
        file.GetProperty("created_at").GetDateTimeOffset(),
        file.GetProperty("updated_at").GetDateTimeOffset());
}

/// <summary>One page, and the target of its link to the next.</summary>
internal sealed record Page(IReadOnlyList<Listed> Files, string? Next)
{
    /// <summary>The cursor of <see cref="Next"/>.</summary>
    public string Cursor => Next is { } next && Regex.Match(next, "[?&]cursor=([^&]*)$") is { Success: true } match
        ? match.Groups[1].Value
        : throw new InvalidOperationException($"No cursor ends {Next}");
}

/// <summary>Helpers for tests of lists.</summary>
internal static class ListWords
{
    private const string Owner = "local";

    /// <summary>Every sort with every order.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> Orders { get; } =
        from sort in new[] { "created_at", "updated_at", "file_name", "file_size" }
        from order in new[] { "asc", "desc" }
        select new TheoryDataRow<string, string>(sort, order);

    public static FileCatalog Catalog(this Service service) => service.Services.GetRequiredService<FileCatalog>();

    public static FileCatalog Catalog(this Pair pair) => pair.Service.Catalog();

    /// <summary>Deletes the files of earlier tests, so that a test sees only its own.</summary>
    public static async Task<HttpClient> EmptiedAsync(this Pair pair)
    {
        foreach (var page in await pair.Http.WalkAsync("/files"))
        {
            foreach (var file in page.Files)
                Assert.Equal(ChangeOutcome.Done, (await pair.Catalog().DeleteAsync(Owner, Guid.Parse(file.Id), null, permanent: true, default)).Outcome);
        }
        return pair.Http;
    }

    /// <summary>Waits until the upload with this idempotency key is in the catalog, not yet committed.</summary>
    public static Task UntilRunningAsync(this Pair pair, string key) => Service.UntilAsync($"the upload {key} is running", async () =>
        await pair.Catalog().FindIdempotencyKeyAsync(Owner, key, default) is { } id
        && (await pair.Catalog().FindCreationAsync(Owner, id, default)).State == CreationState.Running);

    /// <summary>Adds a file without bytes to the catalog; for lists, and faster than an upload.</summary>
    public static async Task<string> SeedAsync(
        this FileCatalog catalog, string name, long size = 0, IReadOnlyDictionary<string, string>? tags = null)
    {
        var (id, intent) = (Guid.CreateVersion7(), new WriteIntent(Guid.NewGuid(), 1));
        await catalog.BeginCreateAsync(Owner, id, intent, 0, default);
        tags ??= new Dictionary<string, string>();
        var commit = new FileCommit(size, "application/octet-stream", new string('0', 64), XxHash3: 0, name, tags);
        Assert.Equal(ChangeOutcome.Done, (await catalog.CommitAsync(Owner, id, intent, commit, default)).Outcome);
        return id.ToString();
    }

    /// <summary>Uploads a form with a name, a type and tags.</summary>
    public static async Task<JsonElement> UploadFormAsync(
        this HttpClient http, string name, int size, string type, IReadOnlyDictionary<string, string>? tags = null)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(name), "file_name" },
            { new StringContent(JsonSerializer.Serialize(tags ?? new Dictionary<string, string>())), "tags" },
        };
        using var file = new ByteArrayContent(new byte[size]);
        file.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        form.Add(file, "file", "file");
        using var response = await http.PostAsync("/files/upload", form);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.JsonAsync();
    }

    /// <summary>Requests one page.</summary>
    /// <param name="target">The escaped path and query, such as a link's target.</param>
    public static async Task<Page> PageAsync(this HttpClient http, string target)
    {
        using var response = await http.GetAsync(target);
        Assert.True(response.IsSuccessStatusCode, $"{target}: {await response.Content.ReadAsStringAsync()}");
        string? next = null;
        if (response.Headers.TryGetValues("Link", out var links))
        {
            var link = Regex.Match(Assert.Single(links), "^<(/files\\?[^>]+)>; rel=\"next\"$");
            Assert.True(link.Success, $"RFC 8288: {Assert.Single(links)}");
            next = link.Groups[1].Value;
        }
        return new Page([.. (await response.JsonAsync()).EnumerateArray().Select(Listed.Of)], next);
    }

    /// <summary>Follows the links to the next page until there is none.</summary>
    /// <param name="between">Runs after each page that has a next one.</param>
    public static async Task<List<Page>> WalkAsync(this HttpClient http, string target, Func<Page, Task>? between = null)
    {
        var pages = new List<Page>();
        for (var next = target; next is not null; next = pages[^1].Next)
        {
            Assert.True(pages.Count < 500, $"The walk from {target} does not end.");
            pages.Add(await http.PageAsync(next));
            if (between is not null && pages[^1].Next is not null)
                await between(pages[^1]);
        }
        return pages;
    }

    /// <summary>All files of a walk, in its order.</summary>
    public static IReadOnlyList<Listed> Files(this IEnumerable<Page> pages) => [.. pages.SelectMany(page => page.Files)];

    public static IEnumerable<string> Ids(this IEnumerable<Listed> files) => files.Select(file => file.Id);

    /// <summary>The order that the contract promises: by the sort key, then by the id, both in the same direction.</summary>
    public static IReadOnlyList<Listed> Sorted(this IEnumerable<Listed> files, string sort, string order)
    {
        var sorted = files.Order(Comparer<Listed>.Create((one, other) => (sort switch
        {
            "created_at" => one.CreatedAt.CompareTo(other.CreatedAt),
            "updated_at" => one.UpdatedAt.CompareTo(other.UpdatedAt),
            "file_size" => one.Size.CompareTo(other.Size),
            "file_name" => Key(one).AsSpan().SequenceCompareTo(Key(other)),
            _ => throw new ArgumentOutOfRangeException(nameof(sort), sort, null),
        }, string.CompareOrdinal(one.Id, other.Id)) switch
        {
            (0, var ids) => ids,
            (var keys, _) => keys,
        }));
        return [.. order == "asc" ? sorted : sorted.Reverse()];
    }

    /// <summary>A parameter of a query, escaped.</summary>
    public static string Parameter(string name, string value) => $"{name}={Uri.EscapeDataString(value)}";

    /// <summary>A time as the service writes it.</summary>
    public static string Text(this DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Key(Listed file) => Encoding.UTF8.GetBytes(NameKey.Normalize(file.Name.ToUpperInvariant()));
}
