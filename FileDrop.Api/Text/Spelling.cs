namespace FileDrop.Api.Text;

/// <summary>Finds the existing name that a mistyped one most likely meant.</summary>
/// <remarks>Our own: a package for 15 lines would be one more thing to keep up to date.</remarks>
internal static class Spelling
{
    /// <summary>
    /// Counts the letters to add, remove, replace or swap with their neighbour to turn one name into the other, ignoring case. This is the
    /// optimal string alignment distance.
    /// </summary>
    public static int Distance(string one, string other)
    {
        var (before, last, row) = (new int[other.Length + 1], Enumerable.Range(0, other.Length + 1).ToArray(), new int[other.Length + 1]);
        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (Same(i, j) ? 0 : 1));
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j))
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, last, row) = (last, row, before);
        }
        return last[other.Length];

        bool Same(int i, int j) => char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]);
    }

    /// <summary>Returns the known name that needs the fewest changes.</summary>
    public static string Nearest(string name, IEnumerable<string> known) => known.MinBy(each => Distance(name, each)) ?? "";
}
