using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Folders;

/// <summary>A loose file is renamed without a claim and without a new fence, so a move of it must look at the name itself.</summary>
public sealed class LooseMoveTests
{
    private const string Me = "ann";

    [Fact]
    public async Task A_rename_before_any_step_of_a_move_keeps_its_name_and_the_move_its_folder()
    {
        var steps = 0;
        for (var isWhole = false; !isWhole; steps++)
        {
            var engine = new MemoryEngine(Rules, TimeProvider.System);
            var files = new FileCatalog(engine, engine, engine, Rules);
            var (id, intent) = (Guid.CreateVersion7(), NewIntent());
            await files.BeginCreateAsync(Me, id, intent, 1, default);
            await files.CommitAsync(Me, id, intent, Commit(name: "old"), default);
            var left = steps;
            isWhole = true;
            engine.Gate = async () =>
            {
                if (left-- != 0)
                    return;
                isWhole = false;
                Assert.Equal(ChangeOutcome.Done, (await files.ChangeAsync(Me, id, new MetadataChange("new", null), default)).Outcome);
            };

            var moved = await files.ChangeAsync(Me, id, new MetadataChange(null, null) { Folder = Place.Root }, default);
            var file = await files.FindAsync(Me, id, forChange: false, default);
            Assert.Equal(ChangeOutcome.Done, moved.Outcome);
            Assert.Equal((isWhole ? "old" : "new", Place.Root), (file?.Name, file?.Place.Folder));
            // The claim of the former name is gone, and the file stands by the other one.
            var claim = Assert.Single(engine.Names);
            Assert.Equal((file?.Name, file?.Place.Claim), (claim.Key.Key.Name, claim.Value.Operation));
        }
        Assert.InRange(steps, 4, 20);
    }
}
