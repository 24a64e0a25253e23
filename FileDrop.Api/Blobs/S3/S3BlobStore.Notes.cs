using Amazon.S3.Model;

namespace FileDrop.Api.Blobs.S3;

// Notes of damaged blobs are empty objects. A list has them behind the blobs' keys.
internal sealed partial class S3BlobStore : IDamageNotes
{
    private const string Notes = "notes/", OfDamage = "/damaged";

    Task IDamageNotes.AddAsync(BlobKey key, CancellationToken cancellation)
    {
        var request = new PutObjectRequest { BucketName = _options.Bucket, Key = NoteOf(key), ContentBody = "" };
        return _s3.CallAsync($"PUT {request.Key}", (client, token) => client.PutObjectAsync(request, token), cancellation);
    }

    Task IDamageNotes.RemoveAsync(BlobKey key, CancellationToken cancellation) => _s3.CallAsync(
        $"delete of {NoteOf(key)}", (client, token) => client.DeleteObjectAsync(_options.Bucket, NoteOf(key), token), cancellation);

    async Task<IReadOnlyList<BlobKey>> IDamageNotes.ListAsync(CancellationToken cancellation)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = Notes, MaxKeys = PageSize };
        var page = await _s3.CallAsync("list of notes", (client, token) => client.ListObjectsV2Async(request, token), cancellation, PingTimeout);
        List<BlobKey> found = [];
        foreach (var item in page.S3Objects ?? [])
        {
            if (item.Key.EndsWith(OfDamage, StringComparison.Ordinal) && BlobKey.TryParse(item.Key.AsSpan()[Notes.Length..^OfDamage.Length], out var key))
                found.Add(key);
        }
        return found;
    }

    private static string NoteOf(BlobKey key) => $"{Notes}{key}{OfDamage}";
}
