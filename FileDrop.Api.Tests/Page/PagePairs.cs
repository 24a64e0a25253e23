namespace FileDrop.Api.Tests.Page;

/// <summary>SQLite and the disk, with a trash.</summary>
public sealed class PageOnEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [("FileDrop:Trash:Retention", "1.00:00:00")];
}

/// <summary>MongoDB and S3, with a trash.</summary>
public sealed class PageOnClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => [("FileDrop:Trash:Retention", "1.00:00:00")];
}
