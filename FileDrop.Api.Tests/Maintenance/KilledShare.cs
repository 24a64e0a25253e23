using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A share as the client that made it knows it.</summary>
/// <param name="Id">The share's id.</param>
/// <param name="Link">Its link.</param>
/// <param name="IsDrop">Whether files are dropped with it.</param>
/// <param name="Target">The file with which a download must agree, or the folder for drops.</param>
internal sealed record KilledShare(string Id, string Link, bool IsDrop, string Target)
{
    private int _sure, _unsure;

    /// <summary>The note and the limit that the share can have: one pair, or two if the answer to a change was lost.</summary>
    public List<(string Note, int? Most)> States { get; init; } = [];

    /// <summary>Whether the answer to a revocation was lost.</summary>
    public bool MayHaveEnded { get; set; }

    /// <summary>The limit of downloads or of files; null for none.</summary>
    public int? Most => States.Max(state => state.Most);

    public string Note => States[^1].Note;

    /// <summary>Whether a request with the link can be refused because the limit is reached.</summary>
    public bool MayBeFull => Most is { } most && _sure + _unsure >= most;

    public bool IsFull => _sure >= Most;

    /// <summary>Records a download or a drop that was acknowledged.</summary>
    public void Used()
    {
        _sure++;
        Assert.True(!(_sure > Most), $"{Note}: {_sure} uses of {Most}");
    }

    /// <summary>Records one whose answer was lost, so that it may count.</summary>
    public void MayBeUsed() => _unsure++;

    /// <summary>Records that a drop whose answer was lost has happened.</summary>
    public void WasUsed()
    {
        _unsure--;
        Used();
    }

    /// <summary>Compares the share with its owner's view. Nothing is unsure afterwards but the uses.</summary>
    public void Compare(JsonElement now)
    {
        Assert.Equal(Link, now.Text("url"));
        var limit = IsDrop ? now.GetProperty("drop").GetProperty("max_files") : now.GetProperty("max_downloads");
        var state = (now.Text("note"), limit.ValueKind == JsonValueKind.Null ? (int?)null : limit.GetInt32());
        Assert.Contains(state, States);
        States.Clear();
        States.Add(state);
        MayHaveEnded = false;
        var count = IsDrop ? now.GetProperty("drop").GetProperty("received_files").GetInt32() : now.GetProperty("downloads").GetInt32();
        // Without a limit of downloads, a crash may lose the last ones.
        Assert.InRange(count, IsDrop || Most is not null ? _sure : 0, Math.Min(Most ?? int.MaxValue, _sure + _unsure));
    }
}
