using Xunit.v3;

namespace FileDrop.Api.Tests;

/// <summary>
/// Marks tests whose outcome is decided before a store is asked, such as the rules of names, headers and queries. The short
/// run tests them on SQLite and disk only; the nightly run also tests them on MongoDB and S3.
/// </summary>
/// <remarks>It counts for a test method, or for all tests of a class and of those that derive from it.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class StoreIndependentAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Stores", "any")];
}
