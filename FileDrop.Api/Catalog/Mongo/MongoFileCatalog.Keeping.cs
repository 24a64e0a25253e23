using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Versions and the trash.
internal sealed partial class MongoFileCatalog
{
    public Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation)
    {
        var isKept = new BsonArray { new BsonDocument("content.version", version), new BsonDocument("versions.version", version) };
        var condition = LiveFile(owner, id).Add("$or", isKept);
        return SettlingAsync(owner, id, ChangeContentAsync(
            owner, id, condition, version, mayBeLive: true, ifVersion, _change.RestoreVersion(version), cancellation));
    }

    public Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation)
    {
        var condition = LiveFile(owner, id).Add("versions.version", version);
        return SettlingAsync(owner, id, ChangeContentAsync(
            owner, id, condition, version, mayBeLive: false, ifVersion, _change.DropVersion(version), cancellation));
    }

    public Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation) =>
        SettlingAsync(owner, id, ChangeAsync(
            owner, id, LiveFile(owner, id), ifVersion, permanent ? _change.Purge() : _change.Delete(), cancellation));

    public Task<ChangeResult> RestoreAsync(string owner, Guid id, CancellationToken cancellation) =>
        ChangeAsync(owner, id, FileInTrash(owner, id), ifVersion: null, MongoChange.Restore(), cancellation);

    public Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation) =>
        SettlingAsync(owner, id, UpdateAsync(FileInTrash(owner, id), _change.Purge(), cancellation));

    /// <summary>Makes a change of a live file that names one of its contents, or tells why it was not made.</summary>
    private async Task<ChangeResult> ChangeContentAsync(
        string owner, Guid id, BsonDocument condition, long version, bool mayBeLive, long? ifVersion,
        UpdateDefinition<BsonDocument> change, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await ChangeAsync(owner, id, condition, ifVersion, change, cancellation);
            if (result.Outcome is not ChangeOutcome.NotFound)
                return result;

            // The file is not there, or not the content. What is not there has no version to mismatch, so this comes first.
            if (await FindHistoryAsync(owner, id, cancellation) is not { } history)
                return result;
            if (history.File.Content.Version == version)
            {
                if (!mayBeLive)
                    return new ChangeResult(ChangeOutcome.ContentIsLive);
            }
            else if (!history.Contents.Any(content => content.Version == version))
            {
                return new ChangeResult(ChangeOutcome.ContentNotFound);
            }

            // Both are there by now: the file has come out of the trash, or the content was the live one until just now.
        }
    }

    private static BsonDocument FileInTrash(string owner, Guid id) => File(owner, id).Add("state", MongoSchema.Trash);
}
