using Xunit.v3;

namespace FileDrop.Api.Tests;

/// <summary>
/// Marks tests that the short run makes on SQLite and disk only; the nightly run makes them on MongoDB and S3 too. It is for tests
/// whose outcome is decided before a store is asked, such as the rules of names, headers and queries, and for long tests if
/// a shorter one of the same promise stays on both pairs of stores.
/// </summary>
/// <remarks>It counts for one method, or for all tests of a class. See short.runsettings.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class ClusterAtNightAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Cluster", "nightly")];
}
