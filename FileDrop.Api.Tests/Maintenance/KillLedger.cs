using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The state of a file as its client knows it.</summary>
internal sealed record KnownFile(string Name, string Sha256, long Version)
{
    public static KnownFile Of(JsonElement file) => new(
        file.GetProperty("file_name").GetString() ?? "", file.GetProperty("sha256").GetString() ?? "", file.GetProperty("version").GetInt64());
}

/// <summary>The answers to one client about its own files, each of which one request at a time changes.</summary>
internal sealed class KillLedger
{
    private readonly Dictionary<string, KnownFile?[]> _unsure = new(StringComparer.Ordinal);
    private readonly List<KnownFile> _unsureCreations = [];
    private readonly List<string> _deleted = [];

    /// <summary>Files whose last change was acknowledged.</summary>
    public Dictionary<string, KnownFile> Sure { get; } = new(StringComparer.Ordinal);

    /// <summary>Files whose deletion was acknowledged or observed.</summary>
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

    /// <summary>Records a change with a lost answer: the file has either its former or its new state.</summary>
    public void Lost(string id, KnownFile? wanted)
    {
        Sure.Remove(id, out var before);
        _unsure[id] = [before, wanted];
    }

    /// <summary>Records an upload with a lost answer; its name is unique.</summary>
    public void LostCreation(KnownFile wanted) => _unsureCreations.Add(wanted);

    /// <summary>
    /// Compares the clients' knowledge with the service's list. Afterwards nothing is unsure, because the process that could have changed it is dead.
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
            // With another hash or version, it remains among the unexplained files.
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
