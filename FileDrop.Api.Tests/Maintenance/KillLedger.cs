using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A file as its client knows it.</summary>
internal sealed record KnownFile(string Name, string Sha256, long Version)
{
    public static KnownFile Of(JsonElement file) => new(
        file.GetProperty("file_name").GetString() ?? "", file.GetProperty("sha256").GetString() ?? "", file.GetProperty("version").GetInt64());
}

/// <summary>What one client was told: files of its own, each changed by one request at a time.</summary>
internal sealed class KillLedger
{
    private readonly Dictionary<string, KnownFile?[]> _unsure = new(StringComparer.Ordinal);
    private readonly List<KnownFile> _unsureCreations = [];
    private readonly List<string> _deleted = [];

    /// <summary>What was acknowledged, and nothing was asked since.</summary>
    public Dictionary<string, KnownFile> Sure { get; } = new(StringComparer.Ordinal);

    /// <summary>Files whose deletion was acknowledged, or seen to have happened.</summary>
    public IReadOnlyList<string> Deleted => _deleted;

    public void Acknowledged(string id, KnownFile? now)
    {
        if (now is not null)
        {
            Sure[id] = now;
            return;
        }
        Sure.Remove(id);
        _deleted.Add(id);
    }

    /// <summary>The answer to a change was lost: the file is as it was, or as it was to be.</summary>
    public void Lost(string id, KnownFile? wanted)
    {
        Sure.Remove(id, out var before);
        _unsure[id] = [before, wanted];
    }

    /// <summary>The answer to an upload was lost; its name is its own.</summary>
    public void LostCreation(KnownFile wanted) => _unsureCreations.Add(wanted);

    /// <summary>
    /// Holds all that clients know against all that the service lists. What they were unsure of is known afterwards, for the
    /// process that could have changed it is dead.
    /// </summary>
    public static void Compare(IReadOnlyCollection<KillLedger> ledgers, IReadOnlyList<JsonElement> listed)
    {
        var found = listed.ToDictionary(HttpWords.Id, KnownFile.Of, StringComparer.Ordinal);
        foreach (var ledger in ledgers)
            ledger.Take(found);
        Assert.True(found.Count == 0, $"Nobody made these, or they were deleted: {string.Join(", ", found)}");
    }

    private void Take(Dictionary<string, KnownFile> found)
    {
        foreach (var (id, known) in Sure)
        {
            Assert.True(found.Remove(id, out var now), $"The acknowledged file {id} is gone: {known}");
            Assert.Equal(known, now);
        }
        foreach (var (id, either) in _unsure)
        {
            found.Remove(id, out var now);
            Assert.True(either.Contains(now), $"{id} is {now}, and was to be either of {string.Join<KnownFile?>(" and ", either)}");
            Acknowledged(id, now);
        }
        foreach (var wanted in _unsureCreations)
        {
            // With another hash or version it stays among those that nobody made.
            foreach (var id in found.Where(pair => pair.Value == wanted).Select(pair => pair.Key).Take(1).ToList())
            {
                found.Remove(id);
                Acknowledged(id, wanted);
            }
        }
        _unsure.Clear();
        _unsureCreations.Clear();
    }
}
