using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>The accounts of a document on MongoDB, which hold changes of usage until the owner's document has them.</summary>
public sealed class MongoAccountsTests
{
    private readonly WriteIntent _intent = NewIntent();

    [Fact]
    public void A_document_with_writes_in_progress_has_nothing_to_report()
    {
        var file = Pending(_intent);
        var accounts = MongoAccounts.New with { Held = [_intent.BlobId] };
        Assert.Same(accounts, accounts.After(file));
        Assert.False(accounts.IsUnsettled(file));
    }

    [Fact]
    public void A_commit_reports_its_result_under_its_own_reservation()
    {
        var live = Pending(_intent).Commit(_intent, Commit(7), Rules, Noon).Saved();
        var accounts = (MongoAccounts.New with { Held = [_intent.BlobId] }).After(live);
        Assert.Equal(new MongoAccounts.Settlement(_intent.BlobId, 7, 1), Assert.Single(accounts.Settle));
        Assert.Equal((7L, 1L, 0), (accounts.Bytes, accounts.Files, accounts.Held.Count));
        Assert.True(accounts.IsUnsettled(live));
        Assert.False((accounts with { Settle = [] }).IsUnsettled(live));
    }

    [Fact]
    public void The_first_of_several_writes_that_end_together_reports_all_and_each_releases_its_reservation()
    {
        var (one, other) = (NewIntent(), NewIntent());
        var file = Live(5).BeginReplace(one, 1, Rules, Noon).Saved().BeginReplace(other, 1, Rules, Noon).Saved();
        var accounts = new MongoAccounts(5, 1, [one.BlobId, other.BlobId], []);
        var deleted = accounts.After(file.Delete(null, permanent: true, Rules, Noon).Saved());
        Assert.Equal([new(one.BlobId, -5, -1), new MongoAccounts.Settlement(other.BlobId, 0, 0)], deleted.Settle);
        Assert.Equal((0L, 0L), (deleted.Bytes, deleted.Files));
    }

    [Fact]
    public void A_settlement_stays_until_it_is_reported()
    {
        var earlier = new MongoAccounts.Settlement(Guid.NewGuid(), 3, 0);
        var live = Pending(_intent).Commit(_intent, Commit(7), Rules, Noon).Saved();
        var accounts = new MongoAccounts(0, 0, [_intent.BlobId], [earlier]).After(live);
        Assert.Equal([earlier, new(_intent.BlobId, 7, 1)], accounts.Settle);
    }

    [Fact]
    public void A_change_of_usage_without_the_end_of_a_write_is_owed_until_an_operation_reports_it()
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
    public void Accounts_are_read_back_unchanged()
    {
        var accounts = new MongoAccounts(11, 1, [Guid.NewGuid()], [new(Guid.NewGuid(), -5, 1)]);
        var read = MongoAccounts.Read(accounts.ToBson());
        Assert.Equal((11L, 1L), (read?.Bytes, read?.Files));
        Assert.Equal(accounts.Held, read?.Held);
        Assert.Equal(accounts.Settle, read?.Settle);
        Assert.Null(MongoAccounts.Read([]));
    }
}
