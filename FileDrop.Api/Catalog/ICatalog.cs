using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The catalog as a store that starts and answers. Each consumer of its documents sees an interface of its own.</summary>
/// <remarks>
/// <para>One document holds everything about a file: its live content, its earlier versions, its intents (blobs being written) and its
/// garbage (blobs to delete). Each method that changes something is one atomic, durable change of one document. Its condition names only
/// what the change depends on.</para>
/// <para>A document is <em>pending</em> until its first commit, then <em>live</em>, and <em>in the trash</em> once it was deleted. A purge, or
/// the loss of a pending document's last intent, leaves a <em>tombstone</em>, which is removed once its garbage is gone. Readers only see live
/// files.</para>
/// <para>A blob goes from intent to content to garbage, or from intent to garbage. It leaves garbage only by
/// <see cref="ISweepCatalog.SweptAsync"/>. It becomes garbage when no content of its document names it any more. A restored version shares
/// its blob with its source.</para>
/// <para>The catalog's own clock judges times, never a replica's. Every query names the owner, so that a cluster can shard by owner and id.
/// Another owner's file is as absent as an unknown one.</para>
/// <para>Any method of the catalog's interfaces may throw <see cref="StorageException"/>; a change may then have happened or not.</para>
/// </remarks>
public interface ICatalog
{
    /// <summary>The kind of catalog and where its data lies, for the line at start. It has no credentials.</summary>
    string Description { get; }

    /// <summary>Makes the schema or the indexes, or brings them up to date. Idempotent, safe beside other replicas; may be called again after it failed.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Asks the catalog for a sign of life.</summary>
    Task PingAsync(CancellationToken cancellation);
}
