using Xunit.v3;

namespace FileDrop.Api.Tests;

/// <summary>
/// Marks tests that run only on SQLite and disk in the short run, and on MongoDB and S3 too in the nightly run. Use it for tests whose outcome does not depend
/// on a store, such as rules of names, headers and queries. Use it for long tests too, if a shorter test of the same promise runs on both pairs of stores.
/// </summary>
/// <remarks>It applies to one method or to all tests of a class. See short.runsettings.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class ClusterAtNightAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Cluster", "nightly")];
}
