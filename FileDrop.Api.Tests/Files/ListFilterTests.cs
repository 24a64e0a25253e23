using System.Globalization;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>GET /files with filters. The tests share files that none of them changes.</summary>
public abstract class ListFilterTests(Pair pair)
{
    private static readonly (string Name, int Size, string Type, (string Key, string Value)[] Tags)[] s_files =
    [
        ("Żółć.pdf", 10, "application/pdf", [("project", "apollo")]),
        ("żółw.txt", 20, "text/plain; charset=utf-8", [("project", "apollo"), ("stage", "a:b:c")]),
        ("straße.TXT", 30, "Text/Plain", [("a.b", "1"), ("$set", "2"), ("a", "b"), ("stage", "a")]),
        ("STRASSE.png", 40, "image/png", [("empty", "")]),
        ("istanbul.gif", 50, "image/GIF", [("project", "APOLLO")]),
        ("İSTANBUL.svg", 60, "image/svg+xml", []),
        ("ısparta.bin", 70, "application/octet-stream", []),
        ("party🎉.tar.gz", 80, "application/gzip", [("🎉", "🎊")]),
        ("a.*b[c](d)+$^|{e}?.log", 90, "text/x-log;a=\"x;y\"", [("*", ".*"), ("$or", "[]")]),
        ("100%_done'--\".dat", 100, "imagex/png", [("ключ", "значение"), ("qu\"ote\\", "v\"al\\")]),
    ];

    public static TheoryData<string, string> Names => new()
    {
        { "ż", "Żółć.pdf żółw.txt" },
        { "Ż", "Żółć.pdf żółw.txt" },
        { "z\u0307", "Żółć.pdf żółw.txt" },
        { "ÓŁ", "Żółć.pdf żółw.txt" },
        { "ółc", "" },
        { "ß", "straße.TXT" },
        { "SS", "STRASSE.png" },
        { "stra", "straße.TXT STRASSE.png" },
        { "ISTA", "istanbul.gif" },
        { "ista", "istanbul.gif" },
        { "İsta", "İSTANBUL.svg" },
        { "stan", "istanbul.gif İSTANBUL.svg" },
        { "ıs", "ısparta.bin" },
        { "IS", "istanbul.gif" },
        { "🎉", "party🎉.tar.gz" },
        { "🎊", "" },
        { ".TXT", "żółw.txt straße.TXT" },
        { ".*", "a.*b[c](d)+$^|{e}?.log" },
        { "^", "a.*b[c](d)+$^|{e}?.log" },
        { "A.*B[C](D)+$^|{E}?.", "a.*b[c](d)+$^|{e}?.log" },
        { "[a-z]", "" },
        { "p.rty", "" },
        { "%", "100%_done'--\".dat" },
        { "_", "100%_done'--\".dat" },
        { "'--\"", "100%_done'--\".dat" },
        { "\\", "" },
        { "100%_done'--\".dat", "100%_done'--\".dat" },
        { "\0", "" },
    };

    public static TheoryData<string, string> Searches => new()
    {
        { "zolc", "Żółć.pdf" },
        { "ZOL", "Żółć.pdf żółw.txt" },
        { "żolw", "żółw.txt" },
        { "z\u0307o\u0301l", "Żółć.pdf żółw.txt" },
        { "txt zolw", "żółw.txt" },
        { "  pdf   zolc  ", "Żółć.pdf" },
        { "pdf zolw", "" },
        { "Apollo", "Żółć.pdf żółw.txt istanbul.gif" },
        { "apollo gif", "istanbul.gif" },
        { "project:apollo txt", "żółw.txt" },
        { "stage:a", "żółw.txt straße.TXT" },
        { "istanbul", "istanbul.gif İSTANBUL.svg" },
        { "isparta", "ısparta.bin" },
        { "straße", "straße.TXT" },
        { "КЛЮЧ", "100%_done'--\".dat" },
        { "🎉 party", "party🎉.tar.gz" },
        { "🎊", "party🎉.tar.gz" },
        { ".*b[c](d)+$^|{e}?", "a.*b[c](d)+$^|{e}?.log" },
        { ".*z", "" },
        { "[a-z]", "" },
        { "'--\"", "100%_done'--\".dat" },
        { "qu\"ote\\:v\"al\\", "100%_done'--\".dat" },
        { "nothing", "" },
    };

    public static TheoryData<string, string> Types => new()
    {
        { "application/pdf", "Żółć.pdf" },
        { "APPLICATION/Pdf", "Żółć.pdf" },
        { "text/plain", "żółw.txt straße.TXT" },
        { "Text/PLAIN", "żółw.txt straße.TXT" },
        { "text/plain; charset=utf-8", "żółw.txt straße.TXT" },
        { "text/x-log", "a.*b[c](d)+$^|{e}?.log" },
        { "text/*", "żółw.txt straße.TXT a.*b[c](d)+$^|{e}?.log" },
        { "image/*", "STRASSE.png istanbul.gif İSTANBUL.svg" },
        { "IMAGE/*", "STRASSE.png istanbul.gif İSTANBUL.svg" },
        { "image/gif", "istanbul.gif" },
        { "image/svg", "" },
        { "image/svg+xml", "İSTANBUL.svg" },
        { "imag/*", "" },
        { "image/.*", "" },
        { "application/%", "" },
    };

    public static TheoryData<string, string> Tags => new()
    {
        { "project:apollo", "Żółć.pdf żółw.txt" },
        { "project:APOLLO", "istanbul.gif" },
        { "project:apoll", "" },
        { "Project:apollo", "" },
        { "stage:a:b:c", "żółw.txt" },
        { "stage:a", "straße.TXT" },
        { "a.b:1", "straße.TXT" },
        { "a:b", "straße.TXT" },
        { "$set:2", "straße.TXT" },
        { "$or:[]", "a.*b[c](d)+$^|{e}?.log" },
        { "*:.*", "a.*b[c](d)+$^|{e}?.log" },
        { "empty:", "STRASSE.png" },
        { "ключ:значение", "100%_done'--\".dat" },
        { "qu\"ote\\:v\"al\\", "100%_done'--\".dat" },
        { "🎉:🎊", "party🎉.tar.gz" },
        { "project:apollo|stage:a:b:c", "żółw.txt" },
        { "project:apollo|project:apollo", "Żółć.pdf żółw.txt" },
        { "project:apollo|project:APOLLO", "" },
        { "a.b:1|$set:2|a:b|stage:a", "straße.TXT" },
        { "a.b:1|$set:3", "" },
    };

    public static TheoryData<string, string> Sizes => new()
    {
        { "min_size=90", "a.*b[c](d)+$^|{e}?.log 100%_done'--\".dat" },
        { "max_size=20", "Żółć.pdf żółw.txt" },
        { "min_size=20&max_size=30", "żółw.txt straße.TXT" },
        { "min_size=40&max_size=40", "STRASSE.png" },
        { "min_size=41&max_size=49", "" },
        { "min_size=50&max_size=40", "" },
        { "min_size=0&max_size=9", "" },
        { "min_size=9223372036854775807", "" },
        { "max_size=9223372036854775807&min_size=100", "100%_done'--\".dat" },
    };

    public static TheoryData<string, string> Combinations => new()
    {
        { "name=%C5%BC&type=text/*", "żółw.txt" },
        { "name=%C5%BC&tag=project%3Aapollo&max_size=10", "Żółć.pdf" },
        { "type=image/*&name=ST&min_size=41", "istanbul.gif İSTANBUL.svg" },
        { "type=image/*&name=ST&min_size=41&max_size=59", "istanbul.gif" },
        { "type=image/*&created_after=2000-01-01T00:00:00Z&created_before=2100-01-01T00:00:00Z&max_size=40", "STRASSE.png" },
        { "type=image/*&created_before=2000-01-01T00:00:00Z", "" },
        { "type=text/*&tag=stage%3Aa&tag=a.b%3A1&name=stra&min_size=30&max_size=30&created_after=2000-01-01T00:00:00Z", "straße.TXT" },
    };

    [Theory, MemberData(nameof(Names))]
    public Task A_name_is_found_by_any_part_of_it_in_any_case(string part, string expected) =>
        FindsAsync(ListWords.Parameter("name", part), expected);

    [Theory, MemberData(nameof(Searches))]
    public Task Words_are_found_in_any_order_in_names_and_tags_without_regard_to_case_and_accents(string search, string expected) =>
        FindsAsync(ListWords.Parameter("search", search), expected);

    [Fact]
    public Task Several_name_filters_must_all_match() => FindsAsync("name=tan&name=.SVG&name=", "İSTANBUL.svg");

    [Theory, MemberData(nameof(Types))]
    public Task A_type_matches_as_a_whole_or_by_its_first_half_regardless_of_case_and_parameters(string type, string expected) =>
        FindsAsync(ListWords.Parameter("type", type), expected);

    [Theory, MemberData(nameof(Tags))]
    public Task Several_tag_filters_must_all_match_exactly(string tags, string expected) =>
        FindsAsync(string.Join('&', tags.Split('|').Select(tag => ListWords.Parameter("tag", tag))), expected);

    [Theory, MemberData(nameof(Sizes))]
    public Task Sizes_are_bounded_inclusively(string query, string expected) => FindsAsync(query, expected);

    [Theory, MemberData(nameof(Combinations))]
    public Task All_filters_of_a_query_must_match(string query, string expected) => FindsAsync(query, expected);

    [Fact]
    public async Task Times_are_bounded_exclusively_to_the_millisecond()
    {
        var files = await FilesAsync();
        foreach (var time in files.Select(file => file.CreatedAt).Distinct())
        {
            foreach (var step in new[] { 0, -TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerMillisecond, 4000, -4000 })
            {
                var bound = time.AddTicks(step);
                var text = bound.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
                await FindsAsync($"created_after={text}", files.Where(file => file.CreatedAt > bound));
                await FindsAsync($"created_before={text}", files.Where(file => file.CreatedAt < bound));
                await FindsAsync($"created_after={text}&created_before={files[^1].CreatedAt.AddMilliseconds(1).Text()}",
                    files.Where(file => file.CreatedAt > bound));
            }
        }
    }

    [Fact]
    public async Task A_time_filter_accepts_any_offset_and_any_number_of_digits()
    {
        var files = await FilesAsync();
        var middle = files[files.Count / 2].CreatedAt;
        var expected = files.Where(file => file.CreatedAt > middle).ToList();
        var there = middle.ToOffset(TimeSpan.FromMinutes(330));
        var text = there.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);
        foreach (var form in new[]
        {
            $"{text}+05:30", $"{text}%2B05:30", $"{text}%2b05%3a30", $"{text}0%2B05:30", $"{text}000000%2B05:30",
            middle.Text(), middle.Text().ToLowerInvariant(), middle.Text().Replace("Z", "000000000Z", StringComparison.Ordinal),
            middle.Text().Replace("Z", "-00:00", StringComparison.Ordinal),
        })
            await FindsAsync($"created_after={form}", expected);
        // Bounds at a whole second, and at the last and the first possible moment.
        await FindsAsync("created_after=2000-01-01T00:00:00Z&created_before=9999-12-31T23:59:59.9999999Z", files);
        await FindsAsync("created_before=9999-12-31T23:59:59.999999999999Z&created_after=0001-01-01T00:00:00Z", files);
        // A bound may be finer than the stored milliseconds, and then lies between two of them.
        var before = middle.Text().Replace("Z", "000000001Z", StringComparison.Ordinal);
        await FindsAsync($"created_before={before}", files.Where(file => file.CreatedAt <= middle));
        await FindsAsync($"created_after={before}", expected);
    }

    [Theory, MemberData(nameof(ListWords.Orders), MemberType = typeof(ListWords))]
    public async Task A_filtered_walk_has_the_order_of_the_whole_list(string sort, string order)
    {
        var files = await FilesAsync();
        var expected = files.Sorted(sort, order)
            .Where(file => file.Name.Contains('.', StringComparison.Ordinal) && file.Size is >= 20 and <= 90).ToList();
        Assert.Equal(8, expected.Count);
        foreach (var limit in new[] { 1, 3, 8 })
        {
            var pages = await pair.Http.WalkAsync($"/files?name=.&min_size=20&max_size=90&sort={sort}&order={order}&limit={limit}");
            Assert.Equal(expected, pages.Files());
            Assert.All(pages, page => Assert.InRange(page.Files.Count, 0, limit));
        }
    }

    private Task FindsAsync(string query, string expected) => FindsAsync(query, expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private Task FindsAsync(string query, IEnumerable<Listed> expected) => FindsAsync(query, expected.Select(file => file.Name));

    private async Task FindsAsync(string query, IEnumerable<string> expected)
    {
        await FilesAsync();
        var found = (await pair.Http.WalkAsync($"/files?{query}")).Files().Select(file => file.Name);
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    /// <summary>Returns all files, the oldest first; creates them on the first call.</summary>
    private async Task<IReadOnlyList<Listed>> FilesAsync()
    {
        if ((await pair.Http.PageAsync("/files?order=asc")).Files is { Count: > 0 } files)
            return files;
        foreach (var (name, size, type, tags) in s_files)
            await pair.Http.UploadFormAsync(name, size, type, tags.ToDictionary(tag => tag.Key, tag => tag.Value));
        files = (await pair.Http.PageAsync("/files?order=asc")).Files;
        Assert.Equal(s_files.Select(file => file.Name), files.Sorted("file_size", "asc").Select(file => file.Name));
        return files;
    }
}

public sealed class ListFilterOnEmbeddedTests(EmbeddedPair pair) : ListFilterTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ListFilterOnClusterTests(ClusterPair pair) : ListFilterTests(pair), IClassFixture<ClusterPair>;
