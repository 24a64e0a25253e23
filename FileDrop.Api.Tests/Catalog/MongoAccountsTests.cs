using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>What a document on MongoDB says of its owner's usage until the owner's document has it too.</summary>
public sealed class MongoAccountsTests
{
    private readonly WriteIntent _intent = NewIntent();

    [Fact]
    public void A_document_whose_writes_go_on_has_nothing_to_tell()
    {
        var file = Pending(_intent);
        var accounts = MongoAccounts.New with { Held = [_intent.BlobId] };
        Assert.Same(accounts, accounts.After(file));
        Assert.False(accounts.IsUnsettled(file));
    }

    [Fact]
    public void A_commit_tells_what_it_came_to_under_its_own_reservation()
    {
        var live = Pending(_intent).Commit(_intent, Commit(7), Rules, Noon).Saved();
        var accounts = (MongoAccounts.New with { Held = [_intent.BlobId] }).After(live);
        Assert.Equal(new MongoAccounts.Settlement(_intent.BlobId, 7, 1), Assert.Single(accounts.Settle));
        Assert.Equal((7L, 1L, 0), (accounts.Bytes, accounts.Files, accounts.Held.Count));
        Assert.True(accounts.IsUnsettled(live));
        Assert.False((accounts with { Settle = [] }).IsUnsettled(live));
    }

    [Fact]
    public void The_first_of_several_writes_that_end_at_once_tells_all_and_each_gives_its_reservation_back()
    {
        var (one, other) = (NewIntent(), NewIntent());
        var file = Live(5).BeginReplace(one, 1, Rules, Noon).Saved().BeginReplace(other, 1, Rules, Noon).Saved();
        var accounts = new MongoAccounts(5, 1, [one.BlobId, other.BlobId], []);
        var deleted = accounts.After(file.Delete(null, permanent: true, Rules, Noon).Saved());
        Assert.Equal([new(one.BlobId, -5, -1), new MongoAccounts.Settlement(other.BlobId, 0, 0)], deleted.Settle);
        Assert.Equal((0L, 0L), (deleted.Bytes, deleted.Files));
    }

    [Fact]
    public void A_settlement_stays_until_it_is_told()
    {
        var earlier = new MongoAccounts.Settlement(Guid.NewGuid(), 3, 0);
        var live = Pending(_intent).Commit(_intent, Commit(7), Rules, Noon).Saved();
        var accounts = new MongoAccounts(0, 0, [_intent.BlobId], [earlier]).After(live);
        Assert.Equal([earlier, new(_intent.BlobId, 7, 1)], accounts.Settle);
    }

    [Fact]
    public void A_change_of_usage_without_a_write_s_end_is_owed_until_an_operation_tells_it()
    {
        var file = Live(5, 6).DeleteVersion(1, null, Rules, Noon).Saved();
        var accounts = new MongoAccounts(11, 1, [], []);
        Assert.Same(accounts, accounts.After(file));
        Assert.True(accounts.Owes(file));
        var operation = Guid.NewGuid();
        var told = accounts.Owe(operation, file);
        Assert.Equal(new MongoAccounts.Settlement(operation, -5, 0), Assert.Single(told.Settle));
        Assert.False(told.Owes(file));
    }

    [Fact]
    public void Accounts_are_read_as_they_were_written()
    {
        var accounts = new MongoAccounts(11, 1, [Guid.NewGuid()], [new(Guid.NewGuid(), -5, 1)]);
        var read = MongoAccounts.Read(accounts.ToBson());
        Assert.Equal((11L, 1L), (read?.Bytes, read?.Files));
        Assert.Equal(accounts.Held, read?.Held);
        Assert.Equal(accounts.Settle, read?.Settle);
        Assert.Null(MongoAccounts.Read([]));
    }
}
