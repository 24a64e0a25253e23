using Xunit.Sdk;
using Xunit.v3;

[assembly: Xunit.TestCollectionOrderer(typeof(FileDrop.Api.Tests.LongTestsFirst))]

namespace FileDrop.Api.Tests;

/// <summary>Starts the longest test classes first, so that none of them still runs when all others have ended.</summary>
public sealed class LongTestsFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        "OutageTests", "KillLoop", "ConnectionFaultTests", Page.ChromiumTests.Name, Page.ViewChromiumTests.Name, "ResumptionOn", "LimitOn", "QuotaOnCluster",
        "S3FaultTests", "FuzzOn", "FolderModel",
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => Long.Any(name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
