namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>Wraps stores in memory, so that each of their calls is one step of an interleaving.</summary>
internal sealed class GatedStores(Interleaving interleaving) : StoreCalls
{
    protected override Task BeforeAsync(string method, object?[] arguments) => interleaving.StepAsync();
}
