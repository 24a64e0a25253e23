using System.CommandLine.Completions;
using FileDrop.Client;

namespace FileDrop.Cli.Completion;

/// <summary>Suggests paths at the service.</summary>
internal static class RemoteNames
{
    /// <summary>A shell waits for suggestions, so they come within this time or not at all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>The most suggestions; more help nobody.</summary>
    private const int Most = 200;

    /// <summary>Has the word under the cursor where a shell's script knows it: a word with spaces looks like several to System.CommandLine.</summary>
    private const string WordVariable = "FILEDROP_WORD";

    /// <summary>The paths that begin with the word under the cursor.</summary>
    public static IEnumerable<CompletionItem> Complete(CompletionContext context, Surroundings world)
    {
        var word = world.Variable(WordVariable) is { } whole && whole.EndsWith(context.WordToComplete, StringComparison.Ordinal) ? whole : context.WordToComplete;
        if (word.Length < RemotePath.Scheme.Length)
            return RemotePath.Scheme.StartsWith(word, StringComparison.Ordinal) ? [new CompletionItem($"{RemotePath.Scheme}/")] : [];
        if (!word.StartsWith(RemotePath.Scheme, StringComparison.Ordinal))
            return [];
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            // Away from this thread's context, and given up even where a connection does not notice.
            return Task.Run(() => ListAsync(word, world, patience.Token)).WaitAsync(s_patience).GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is TimeoutException || ToolException.Explain(failure, address: null, CancellationToken.None) is not null)
        {
            // A completion that fails is silent.
            return [];
        }
    }

    private static async Task<IReadOnlyList<CompletionItem>> ListAsync(string word, Surroundings world, CancellationToken cancellation)
    {
        var slash = word.LastIndexOf('/');
        var (above, begun) = slash < 0 ? (RemotePath.Scheme + "/", word[RemotePath.Scheme.Length..]) : (word[..(slash + 1)], word[(slash + 1)..]);
        var profile = Profile.Find(world);
        using var client = FileDropClient.Create(profile.Address, profile.Key);
        if ((await client.FindAsync(RemotePath.Parse(above).Path, cancellation)).Folder is not { } folder)
            return [];
        var filter = new ListFilter { Name = begun.Length > 0 ? begun : null };
        var entries = client.ListEntriesAsync(folder.FolderId, filter: filter, cancellation: cancellation)
            .Where(entry => entry.Name.StartsWith(begun, StringComparison.Ordinal)).Take(Most);
        return [.. (await entries.ToListAsync(cancellation)).Select(entry => new CompletionItem($"{above}{entry.Name}{(entry.Folder is null ? "" : "/")}"))];
    }
}
