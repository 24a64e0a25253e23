namespace FileDrop.Client;

/// <summary>The action if a name in a folder is taken.</summary>
public enum OnConflict
{
    /// <summary>Refuse, with the code <c>name_taken</c>.</summary>
    Fail,

    /// <summary>Take a free name: <c>report (2).pdf</c>.</summary>
    Rename,

    /// <summary>An upload or a copy becomes a new version of the file that has the name. On a move, the entry that has the name goes to the trash.</summary>
    Replace,
}

/// <summary>The place, the name and the properties of an upload.</summary>
/// <param name="Name">The file's name.</param>
public sealed record UploadTarget(string Name)
{
    /// <summary>The folder; null for a loose file, unless <see cref="Path"/> is set.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The path of the folder, such as <c>/Letters/2026</c>; instead of <see cref="Folder"/>.</summary>
    public string? Path { get; init; }

    /// <summary>Whether to create the folders of the path that are missing.</summary>
    public bool CreateFolders { get; init; }

    /// <summary>The action if the name is taken.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The media type; null lets the service tell it from the name.</summary>
    public string? Type { get; init; }

    /// <summary>The tags.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>When the content last changed.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }
}

/// <summary>A change of a file's metadata; null keeps a value.</summary>
public sealed record FileChange
{
    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>The folder to move to.</summary>
    public Guid? Folder { get; init; }

    /// <summary>All tags.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>When the content last changed.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The action if the name is taken.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The condition: change only if this is still the file. Otherwise the code is <c>precondition_failed</c>.</summary>
    public string? IfMatch { get; init; }
}

/// <summary>A change of a folder; null keeps a value.</summary>
public sealed record FolderChange
{
    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>The new parent.</summary>
    public Guid? Parent { get; init; }

    /// <summary>The action if the name is taken.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The condition: change only if this is still the folder.</summary>
    public string? IfMatch { get; init; }
}

/// <summary>The order and the filters of a list; null and empty mean no filter.</summary>
public sealed record ListFilter
{
    /// <summary>Text that the name contains, ignoring case.</summary>
    public string? Name { get; init; }

    /// <summary>Words that name or tags contain.</summary>
    public string? Search { get; init; }

    /// <summary>The media type, or <c>image/*</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Tags that the file has, all of them.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The sort key: <c>created_at</c>, <c>updated_at</c>, <c>file_name</c> or <c>file_size</c>.</summary>
    public string? Sort { get; init; }

    /// <summary>Whether the order is ascending.</summary>
    public bool Ascending { get; init; }

    /// <summary>The entries that one request brings: 1 to 1,000.</summary>
    public int PageSize { get; init; } = 1_000;
}

/// <summary>The kind of an operation of a batch.</summary>
public enum BatchVerb
{
    /// <summary>Moves or renames.</summary>
    Move,

    /// <summary>Copies a file.</summary>
    Copy,

    /// <summary>Deletes.</summary>
    Delete,

    /// <summary>Takes out of the trash.</summary>
    Restore,

    /// <summary>Sets a file's tags.</summary>
    Tag,
}

/// <summary>An operation of a batch.</summary>
/// <param name="Verb">The operation.</param>
/// <param name="Id">The file or folder.</param>
/// <param name="Kind">The kind of the entry.</param>
public sealed record BatchOperation(BatchVerb Verb, Guid Id, EntryKind Kind = EntryKind.File)
{
    /// <summary>The folder to move, copy or restore to.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>The tags to set.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Whether a deletion skips the trash.</summary>
    public bool Permanent { get; init; }

    /// <summary>The condition: only if this is still the version.</summary>
    public long? IfVersion { get; init; }

    /// <summary>The action if the name is taken.</summary>
    public OnConflict OnConflict { get; init; }
}

/// <summary>The progress of a transfer.</summary>
/// <param name="Bytes">The bytes that have been transferred.</param>
/// <param name="Total">The bytes in all; null if unknown.</param>
public readonly record struct TransferProgress(long Bytes, long? Total);
