using CsCheck;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Walks through lists of random files, in random pages.</summary>
public abstract class ListPropertyTests(Pair pair)
{
    private static readonly Gen<(string Name, int Size)> s_file = Gen.Select(
        // Few names and sizes, so that many are equal, and some random names.
        Gen.Frequency((3, Gen.OneOf("a", "A", "b", "ż", "Ż", "\uE000", "🎉", "aa", "a\uFFFF")), (1, Generators.Name)),
        Gen.Int[0, 2]);

    private static readonly Gen<(string Sort, string Order, int Limit)> s_walk = Gen.Select(
        Gen.OneOf("created_at", "updated_at", "file_name", "file_size"), Gen.OneOf("asc", "desc"), Gen.Int[1, 7]);

    private static readonly Gen<(string Query, Func<Listed, bool> Matches)> s_filter = Gen.OneOf<(string, Func<Listed, bool>)>(
        ("", _ => true),
        ("&name=A", file => file.Name.ToUpperInvariant().Contains('A', StringComparison.Ordinal)),
        ("&min_size=1", file => file.Size >= 1),
        ("&max_size=1", file => file.Size <= 1),
        ("&min_size=1&max_size=1&type=application/*", file => file.Size == 1));

    [Fact]
    public Task A_walk_visits_the_matching_files_in_order_with_pages_of_any_size() =>
        Gen.Select(s_file.Array[0, 14], Gen.Select(s_walk, s_filter).Array[6]).SampleAsync(async (files, walks) =>
        {
            var http = await pair.EmptiedAsync();
            await Task.WhenAll(files.Select(file => pair.Catalog().SeedAsync(Generators.Composed(file.Name), file.Size)));
            var all = (await http.PageAsync("/files")).Files;
            Assert.Equal(files.Length, all.Count);
            foreach (var ((sort, order, limit), (query, matches)) in walks)
            {
                var pages = await http.WalkAsync($"/files?sort={sort}&order={order}&limit={limit}{query}");
                Assert.Equal(all.Where(matches).Sorted(sort, order), pages.Files());
                Assert.All(pages, page => Assert.InRange(page.Files.Count, 0, limit));
            }
        }, iter: 25, threads: 1, print: sample =>
            $"{string.Join(' ', sample.Item1.Select(file => $"{Generators.Escaped(file.Name)}:{file.Size}"))}; "
            + string.Join(' ', sample.Item2.Select(walk => $"{walk.Item1}{walk.Item2.Query}")));
}

public sealed class ListPropertyOnEmbeddedTests(EmbeddedPair pair) : ListPropertyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ListPropertyOnClusterTests(ClusterPair pair) : ListPropertyTests(pair), IClassFixture<ClusterPair>;
