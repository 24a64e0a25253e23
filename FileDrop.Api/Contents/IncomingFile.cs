using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>Properties of a file besides its content, as its sender gave them.</summary>
/// <param name="Name">As <see cref="FileName"/> makes it, or null if not given.</param>
/// <param name="Type">The content's media type.</param>
/// <param name="Tags">The tags, or null if not given.</param>
internal sealed record FileProperties(string? Name, string Type, IReadOnlyDictionary<string, string>? Tags)
{
    /// <summary>The place of a new file.</summary>
    public Destination Destination { get; init; } = Destination.Loose;

    /// <summary>When the content last changed, as the client knows it, or null if not given.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The time at which the file goes to the trash by itself, or null if not given.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;

    /// <inheritdoc cref="FileCommit.Writer"/>
    public string? Writer { get; init; }

    /// <inheritdoc cref="FileCommit.Lock"/>
    public LockRequest? Lock { get; init; }

    /// <summary>The properties of the file that a resumable upload creates.</summary>
    public static FileProperties Of(ResumablePlan plan) => new(plan.Name, plan.Type, plan.Tags)
    {
        Destination = new Destination(plan.Folder, OnConflict: plan.OnConflict),
        ModifiedAt = plan.ModifiedAt,
        ExpiresAt = plan.ExpiresAt,
    };
}

/// <summary>The properties in which a copy differs from its source.</summary>
/// <param name="Name">As <see cref="FileName"/> makes it, or null for the source's.</param>
/// <param name="Tags">The tags, or null for the source's.</param>
internal sealed record CopyProperties(string? Name, IReadOnlyDictionary<string, string>? Tags)
{
    /// <summary>The copy differs in nothing.</summary>
    public static CopyProperties OfSource { get; } = new(null, null);

    /// <summary>The copy's folder; null for that of its source.</summary>
    public Guid? Folder { get; init; }

    /// <summary>The choice if the name is taken in the folder.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;

    /// <inheritdoc cref="FileCommit.Writer"/>
    public string? Writer { get; init; }
}

/// <summary>A file on its way in, as a door receives it: a form, a raw body, a concatenation.</summary>
internal interface IIncomingFile
{
    /// <summary>The content; read once, to its end.</summary>
    IncomingContent Content { get; }

    /// <summary>The file's properties. They are asked for once the content is stored, because a form may give them behind the content.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation);
}

/// <summary>A file whose properties are known before its content arrives.</summary>
/// <param name="content">The content.</param>
/// <param name="properties">The properties.</param>
internal sealed class KnownFile(IncomingContent content, FileProperties properties) : IIncomingFile
{
    public IncomingContent Content => content;

    public ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation) => ValueTask.FromResult(properties);
}
