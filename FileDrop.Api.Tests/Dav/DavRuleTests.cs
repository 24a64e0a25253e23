using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The rules of locks, of properties, and of writes that share a version.</summary>
public sealed class DavRuleTests
{
    private static readonly LockTokens Nobody = LockTokens.None;

    [Fact]
    public void A_lock_forbids_until_it_expires_and_its_holder_must_name_it()
    {
        var wish = new LockRequest(Guid.NewGuid(), IsShared: false, IsDeep: false, "ann", Contact: null, TimeSpan.FromMinutes(1));
        var file = Live(1).Lock(wish, Noon).Saved();
        Assert.Equal(1, file.Version);
        file.Delete(null, permanent: true, Rules, Minutes(0.99)).Refused(ChangeOutcome.Locked);
        file.Delete(null, permanent: true, Rules, Minutes(0.5), new LockTokens("bob", [wish.Token])).Refused(ChangeOutcome.Locked);
        file.Delete(null, permanent: true, Rules, Minutes(0.5), new LockTokens("ann", [])).Refused(ChangeOutcome.Locked);
        file.Change(new MetadataChange("b", null), Minutes(0.5)).Refused(ChangeOutcome.Locked);
        Assert.Equal(FileState.Trash, file.Delete(null, permanent: false, Rules, Minutes(0.5), new LockTokens("ann", [wish.Token])).Saved().State);
        Assert.Equal(FileState.Trash, file.Delete(null, permanent: false, Rules, Minutes(1)).Saved().State);
        Assert.Equal(ChangeOutcome.NotFound, file.Refresh(wish.Token, "ann", TimeSpan.FromMinutes(1), Minutes(1)).Answer.Outcome);
        Assert.Equal(Minutes(1.5), file.Refresh(wish.Token, "ann", TimeSpan.FromMinutes(1), Minutes(0.5)).Answer.Lock?.ExpiresAt);
    }

    [Fact]
    public void A_deleted_file_loses_its_locks_and_keeps_its_properties()
    {
        var wish = new LockRequest(Guid.NewGuid(), IsShared: true, IsDeep: false, "ann", Contact: null, TimeSpan.FromMinutes(1));
        var file = Live(1).ChangeProperties([new PropertyChange("urn:test", "color", "<color/>")], null, Nobody, Noon).Saved().Lock(wish, Noon).Saved();
        var back = file.Delete(null, permanent: false, Rules, Noon, new LockTokens("ann", [wish.Token])).Saved().Restore().Saved();
        Assert.Equal((0, 1), (back.Dav.Locks.Count, back.Dav.Properties.Count));
        Assert.Same(DavState.None, back.ChangeProperties([new PropertyChange("urn:test", "color", null)], null, Nobody, Noon).Saved().Dav);
    }

    [Theory]
    [InlineData("ann", 9, 1)]
    [InlineData("ann", 10, 1)]
    [InlineData("ann", 10.1, 2)]
    [InlineData("bob", 1, 2)]
    [InlineData(null, 1, 2)]
    public void Writes_of_one_caller_within_ten_minutes_of_the_first_share_a_version(string? writer, double minutes, int contents)
    {
        var first = NewIntent();
        var file = Pending(first).Commit(first, Commit() with { Writer = "ann" }, Rules, Noon).Saved();
        foreach (var at in new[] { 4, 8 })
            file = Write(file, "ann", Minutes(at));
        Assert.Single(file.Contents);
        // Each blob that no content names any more is garbage.
        Assert.Equal(2, file.Garbage.Count);
        var last = Write(file, writer, Minutes(minutes < 8 ? 8 + minutes : minutes));
        Assert.Equal(contents, last.Contents.Count());
    }

    [Fact]
    public void The_name_of_a_loose_file_leads_back_to_it()
    {
        foreach (var name in new[] { "a.txt", "noext", ".hidden", "a~b.txt", new string('x', 250) + ".pdf", "x." + new string('e', 250) })
        {
            var file = Live(1).ToFile() with { Name = name };
            var shown = LooseNames.Of(file);
            Assert.True(FileName.TryMakeSegment(shown, out _, out var wrong), wrong);
            Assert.True(LooseNames.TryRead(shown, out var id));
            Assert.Equal(file.Id, id);
        }
        Assert.False(LooseNames.TryRead("a~b.txt", out _));
    }

    private static FileDocument Write(FileDocument file, string? writer, DateTimeOffset at)
    {
        var intent = NewIntent();
        var commit = Commit(name: null, type: null) with { Writer = writer };
        return file.BeginReplace(intent, 1, Rules, at).Saved().Commit(intent, commit, Rules, at).Saved();
    }
}
