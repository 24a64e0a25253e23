using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Catalog;
using Xunit;

namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>The interleavings of actors.</summary>
public sealed class InterleavingTests
{
    private const int Seeds = 500;

    [Fact]
    public void The_same_seed_gives_the_same_order_and_other_seeds_give_other_orders()
    {
        var orders = Enumerable.Range(0, Seeds).Select(Order).ToList();
        Assert.Equal(orders, Enumerable.Range(0, Seeds).Select(Order));
        Assert.InRange(orders.Distinct().Count(), Seeds / 2, Seeds);
    }

    [Fact]
    public void Other_actors_run_between_the_steps_of_an_actor_and_never_within_one()
    {
        var sums = new HashSet<int>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (interleaving, sum) = (new Interleaving(new Random(seed)), 0);
            interleaving.Run([AddOneAsync, AddOneAsync], () => null);
            if (interleaving.Deaths == 0)
                sums.Add(sum);

            async Task AddOneAsync()
            {
                await interleaving.StepAsync();
                var read = sum;
                await interleaving.StepAsync();
                sum = read + 1;
            }
        }
        // One addition is lost if both read before either writes.
        Assert.Equal([1, 2], sums.Order());
    }

    [Fact]
    public void An_actor_that_dies_never_goes_on_and_the_others_do()
    {
        var deaths = 0L;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (interleaving, ended) = (new Interleaving(new Random(seed)), 0);
            interleaving.Run([WalkAsync, WalkAsync, WalkAsync], () => null);
            Assert.Equal(3, ended + interleaving.Deaths);
            deaths += interleaving.Deaths;

            async Task WalkAsync()
            {
                // Two steps at once belong to one actor, and end with it.
                await Task.WhenAll(interleaving.StepAsync(), interleaving.StepAsync());
                await interleaving.StepAsync();
                ended++;
            }
        }
        Assert.InRange(deaths, 1, Seeds);
    }

    [Fact]
    public void A_finding_of_the_check_ends_the_run()
    {
        var interleaving = new Interleaving(new Random(0));
        var found = interleaving.Run([EndlessAsync], () => interleaving.Steps == 10 ? "ten" : null);
        Assert.Equal("ten", found);

        async Task EndlessAsync()
        {
            while (true)
                await interleaving.StepAsync();
        }
    }

    [Fact]
    public void An_exception_of_an_actor_ends_the_run()
    {
        var interleaving = new Interleaving(new Random(0));
        Assert.Throws<TimeoutException>(() => interleaving.Run([FailAsync], () => null));

        async Task FailAsync()
        {
            await interleaving.StepAsync();
            throw new TimeoutException();
        }
    }

    [Fact]
    public void An_actor_that_awaits_something_else_is_an_error()
    {
        var (interleaving, never) = (new Interleaving(new Random(0)), new TaskCompletionSource());
        Assert.Throws<InvalidOperationException>(() => interleaving.Finish(() => never.Task));
        Assert.Throws<InvalidOperationException>(() => interleaving.Finish(async () =>
        {
            await interleaving.StepAsync();
            await never.Task;
        }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_condition_keeps_both_changes_of_a_catalog_behind_the_gate(bool isConditional)
    {
        var names = new HashSet<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var interleaving = new Interleaving(new Random(seed));
            var (owner, id, intent) = (Documents.Owner, Guid.CreateVersion7(), Documents.NewIntent());
            var memory = new MemoryEngine(Documents.Rules, TimeProvider.System);
            var catalog = new FileCatalog(memory, memory, memory, Documents.Rules);
            await catalog.BeginCreateAsync(owner, id, intent, 1, default);
            await catalog.CommitAsync(owner, id, intent, Documents.Commit(name: ""), default);
            var gated = new FileCatalog(new GatedStores(interleaving).WrapOne<ICatalogEngine>(memory), memory, memory, Documents.Rules);

            interleaving.Run([() => AppendAsync("a"), () => AppendAsync("b")], () => null);

            if (interleaving.Deaths == 0)
                names.Add((await catalog.FindAsync(owner, id, forChange: false, default))?.Name ?? "gone");

            async Task AppendAsync(string text)
            {
                ChangeResult answer;
                do
                {
                    var file = await gated.FindAsync(owner, id, forChange: true, default);
                    Assert.NotNull(file);
                    var change = new MetadataChange(file.Name + text, null, isConditional ? file.Version : null);
                    answer = await gated.ChangeAsync(owner, id, change, default);
                }
                while (answer.Outcome != ChangeOutcome.Done);
            }
        }
        string[] expected = isConditional ? ["ab", "ba"] : ["a", "ab", "b", "ba"];
        Assert.Equal(expected, names.Order(StringComparer.Ordinal));
    }

    private static string Order(int seed)
    {
        var (interleaving, order) = (new Interleaving(new Random(seed)), "");
        interleaving.Run("abc".Select(name => (Func<Task>)(() => WalkAsync(name))), () => null);
        return order;

        async Task WalkAsync(char name)
        {
            for (var step = 0; step < 5; step++)
            {
                await interleaving.StepAsync();
                order += name;
            }
        }
    }
}
