using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Makes the update that brings a stored document to its next state, with only the changed fields.</summary>
internal static class MongoSaves
{
    /// <summary>All fields that a change may touch; null means absent.</summary>
    public static IEnumerable<(string Field, BsonValue Value)> Fields(MongoDocument stored)
    {
        var document = stored.Document;
        yield return ("state", MongoSchema.NameOf(document.State));
        yield return (MongoFeed.Unsaid, document.Unsaid is { } unsaid ? unsaid : BsonNull.Value);
        yield return ("name", OrNull(document.Name));
        yield return ("name_key", document.Name is { } name ? NameKey.Of(name) : BsonNull.Value);
        yield return ("parent", OrNull(document.Place.Folder));
        yield return ("place", document.Place.Fence > 0 ? document.Place.Fence : BsonNull.Value);
        yield return ("claim", OrNull(document.Place.Claim));
        yield return ("modified_at", OrNull(document.ModifiedAt));
        yield return ("expires_at", OrNull(document.ExpiresAt));
        yield return ("dav", OrNull(document.Dav.ToJson()));
        yield return ("locked_until", OrNull(document.Dav.LockedUntil));
        yield return ("tags", MongoSchema.Tags(document.Tags));
        yield return ("version", document.Version);
        yield return ("created_at", OrNull(document.CreatedAt));
        yield return ("updated_at", OrNull(document.UpdatedAt));
        yield return ("deleted_at", OrNull(document.DeletedAt));
        yield return ("purge_at", OrNull(document.PurgeAt));
        yield return ("content", document.Content is { } content ? MongoSchema.Content(content) : BsonNull.Value);
        yield return ("versions", new BsonArray(document.Versions.Select(MongoSchema.Content)));
        yield return ("intents", stored.Intents);
        yield return ("garbage", new BsonArray(document.Garbage.Select(MongoDocument.ToBson)));
        yield return ("sweep_at", OrNull(stored.SweepAt));
        yield return ("upload", document.Upload is { } upload ? MongoUploads.ToBson(upload) : BsonNull.Value);
        yield return ("remember_until", OrNull(document.RememberUntil));
        yield return ("first", document.First is { } first ? MongoSchema.File(first) : BsonNull.Value);
        foreach (var field in stored.Accounts?.ToBson() ?? [])
            yield return (field.Name, field.Value);
    }

    /// <summary>The update from one state to the next.</summary>
    public static BsonDocument Update(MongoDocument before, MongoDocument after)
    {
        var (set, unset, push) = (new BsonDocument("rev", after.Rev is { } rev ? rev : BsonNull.Value), new BsonDocument(), new BsonDocument());
        var (former, next) = (before.Document, after.Document);
        // A mark is only ever replaced here. The sequencer may have cleared the former one meanwhile.
        if (next.Unsaid is { } unsaid && unsaid != former.Unsaid)
            set.Add(MongoFeed.Unsaid, unsaid);
        if (former.State != next.State)
            set.Add("state", MongoSchema.NameOf(next.State));
        if (!string.Equals(former.Name, next.Name, StringComparison.Ordinal))
        {
            Put("name", OrNull(next.Name));
            Put("name_key", next.Name is { } name ? NameKey.Of(name) : BsonNull.Value);
        }
        if (former.Place.Folder != next.Place.Folder)
            Put("parent", OrNull(next.Place.Folder));
        if (former.Place.Fence != next.Place.Fence)
            set.Add("place", next.Place.Fence);
        if (former.Place.Claim != next.Place.Claim)
            Put("claim", OrNull(next.Place.Claim));
        PutTime("modified_at", former.ModifiedAt, next.ModifiedAt);
        PutTime("expires_at", former.ExpiresAt, next.ExpiresAt);
        if (!ReferenceEquals(former.Dav, next.Dav))
        {
            Put("dav", OrNull(next.Dav.ToJson()));
            PutTime("locked_until", former.Dav.LockedUntil, next.Dav.LockedUntil);
        }
        if (!ReferenceEquals(former.Tags, next.Tags))
            set.Add("tags", MongoSchema.Tags(next.Tags));
        if (former.Version != next.Version)
            set.Add("version", next.Version);
        PutTime("created_at", former.CreatedAt, next.CreatedAt);
        PutTime("updated_at", former.UpdatedAt, next.UpdatedAt);
        PutTime("deleted_at", former.DeletedAt, next.DeletedAt);
        PutTime("purge_at", former.PurgeAt, next.PurgeAt);
        PutTime("remember_until", former.RememberUntil, next.RememberUntil);
        PutTime("sweep_at", before.SweepAt, after.SweepAt);
        if (!ReferenceEquals(former.Content, next.Content))
            Put("content", next.Content is { } content ? MongoSchema.Content(content) : BsonNull.Value);
        if (!ReferenceEquals(former.Versions, next.Versions))
            PutVersions(former, next, set, push);
        if (!ReferenceEquals(former.Intents, next.Intents))
            set.Add("intents", after.Intents);
        if (!ReferenceEquals(former.Garbage, next.Garbage))
            PutGarbage(former.Garbage, next.Garbage, set, push);
        if (!ReferenceEquals(former.First, next.First))
            Put("first", next.First is { } first ? MongoSchema.File(first) : BsonNull.Value);
        if (!ReferenceEquals(former.Upload, next.Upload))
            PutUpload(former.Upload, next.Upload);
        if (after.Accounts is { } accounts && !ReferenceEquals(before.Accounts, accounts))
            set.AddRange(accounts.ToBson());

        var update = new BsonDocument("$set", set);
        if (unset.ElementCount > 0)
            update.Add("$unset", unset);
        if (push.ElementCount > 0)
            update.Add("$push", push);
        return update;

        void Put(string field, BsonValue value) => (value.IsBsonNull ? unset : set).Add(field, value.IsBsonNull ? "" : value);

        void PutTime(string field, DateTimeOffset? old, DateTimeOffset? changed)
        {
            if (old != changed)
                Put(field, OrNull(changed));
        }

        void PutUpload(StoredUpload? old, StoredUpload? changed)
        {
            if (old is null || changed is null || !ReferenceEquals(old.Plan, changed.Plan))
                Put("upload", changed is null ? BsonNull.Value : MongoUploads.ToBson(changed));
            else
                set.AddRange(MongoUploads.Progress(changed).Select(field => new BsonElement("upload." + field.Name, field.Value)));
        }
    }

    /// <summary>Pushes former live contents, so that a few more versions need not send all others; a file may keep a thousand.</summary>
    private static void PutVersions(FileDocument former, FileDocument next, BsonDocument set, BsonDocument push)
    {
        var kept = next.Versions;
        var added = former.Content is { } content ? kept.TakeWhile(each => each != content).Count() + 1 : 0;
        if (added > 0 && added <= kept.Count && kept.Skip(added).SequenceEqual(former.Versions.Take(kept.Count - added)))
        {
            push.Add("versions", new BsonDocument
            {
                { "$each", new BsonArray(kept.Take(added).Select(MongoSchema.Content)) }, { "$position", 0 }, { "$slice", kept.Count },
            });
        }
        else if (kept.Count > 0 || former.Versions.Count > 0)
        {
            set.Add("versions", new BsonArray(kept.Select(MongoSchema.Content)));
        }
    }

    /// <summary>Pushes new garbage, because a file that is often overwritten has thousands of garbage blobs.</summary>
    private static void PutGarbage(IReadOnlyList<GarbageBlob> former, IReadOnlyList<GarbageBlob> next, BsonDocument set, BsonDocument push)
    {
        if (next.Count > former.Count && next.Take(former.Count).SequenceEqual(former))
            push.Add("garbage", new BsonDocument("$each", new BsonArray(next.Skip(former.Count).Select(MongoDocument.ToBson))));
        else
            set.Add("garbage", new BsonArray(next.Select(MongoDocument.ToBson)));
    }

    private static BsonValue OrNull(Guid? id) => id is { } some ? MongoSchema.Uuid(some) : BsonNull.Value;

    private static BsonValue OrNull(string? text) => text is null ? BsonNull.Value : text;

    private static BsonValue OrNull(DateTimeOffset? time) => time is { } some ? MongoSchema.Time(some) : BsonNull.Value;
}
