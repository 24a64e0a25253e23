namespace FileDrop.Api.Commands;

/// <summary>The result of an import.</summary>
/// <param name="Imported">The number of files that are new here.</param>
/// <param name="Present">The number of files that existed here and stayed unchanged.</param>
/// <param name="Failed">The number of files that could not be imported.</param>
/// <param name="Mended">The number of missing or damaged contents of existing files that were restored from the backup.</param>
/// <param name="Complaints">The number of messages about faults of the backup.</param>
/// <param name="Complete">Whether the backup had its manifest and all files that the manifest lists.</param>
internal sealed record ImportResult(long Imported, long Present, long Failed, long Mended, long Complaints, bool Complete)
{
    /// <summary>The number of folders that are new here.</summary>
    public long Folders { get; init; }

    /// <summary>The number of folders that could not be imported.</summary>
    public long FoldersFailed { get; init; }

    /// <summary>The number of shares that are new here.</summary>
    public long Shares { get; init; }

    /// <summary>The number of shares that could not be imported.</summary>
    public long SharesFailed { get; init; }
}
