using System.IO.Hashing;
using System.Security.Cryptography;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Documents in MongoDB's first schema, <c>schema: 1</c>: one in each state. Never change them; add new documents for a later schema.</summary>
internal static class FirstDocuments
{
    public static readonly Guid Live = Guid.Parse("019b7c5a-7f2e-7000-8000-000000000001");
    public static readonly Guid Pending = Guid.Parse("019b7c5a-7f2e-7000-8000-000000000002");
    public static readonly Guid InTrash = Guid.Parse("019b7c5a-7f2e-7000-8000-000000000003");
    public static readonly Guid Deleted = Guid.Parse("019b7c5a-7f2e-7000-8000-000000000004");

    /// <summary>The blobs of versions 1, 3 and 5.</summary>
    public static readonly Guid[] LiveBlobs =
    [
        Guid.Parse("a1000000-0000-4000-8000-000000000001"), Guid.Parse("a2000000-0000-4000-8000-000000000001"),
        Guid.Parse("a3000000-0000-4000-8000-000000000001"),
    ];

    public static readonly Guid Garbage = Guid.Parse("b0000000-0000-4000-8000-000000000001");
    public static readonly Guid Intent = Guid.Parse("c0000000-0000-4000-8000-000000000002");
    public static readonly Guid TrashBlob = Guid.Parse("d0000000-0000-4000-8000-000000000003");

    private const string Past = """{ "$date": "2026-01-02T03:04:05.678Z" }""";

    /// <summary>All four documents; the live one has these contents, oldest first.</summary>
    public static string[] All(byte[] first, byte[] second, byte[] third) =>
    [
        $$"""
        {
          "_id": {{Uuid(Live)}}, "schema": 1, "owner": "local", "state": "live",
          "tags": ["a:1", "b:zwei"], "version": { "$numberLong": "5" },
          "versions": [{{Content(LiveBlobs[1], second, 3)}}, {{Content(LiveBlobs[0], first, 1)}}],
          "intents": [],
          "garbage": [{ "blob": {{Uuid(Garbage)}}, "due": {{Past}}, "until": {{Past}}, "committed": true }],
          "content": {{Content(LiveBlobs[2], third, 5)}},
          "created_at": {{Past}}, "name": "Versioned.txt", "name_key": "VERSIONED.TXT", "updated_at": {{Past}}, "sweep_at": {{Past}}
        }
        """,
        $$"""
        {
          "_id": {{Uuid(Pending)}}, "schema": 1, "owner": "local", "state": "pending", "tags": [], "version": { "$numberLong": "0" },
          "versions": [], "garbage": [],
          "intents": [{ "blob": {{Uuid(Intent)}}, "fence": { "$numberLong": "1" }, "lease_until": {{Past}} }], "sweep_at": {{Past}}
        }
        """,
        $$"""
        {
          "_id": {{Uuid(InTrash)}}, "schema": 1, "owner": "local", "state": "trash", "tags": [], "version": { "$numberLong": "1" },
          "versions": [], "intents": [], "garbage": [], "content": {{Content(TrashBlob, first, 1)}},
          "created_at": {{Past}}, "name": "trashed.txt", "name_key": "TRASHED.TXT", "updated_at": {{Past}}, "deleted_at": {{Past}},
          "purge_at": { "$date": "2226-01-01T00:00:00Z" }, "sweep_at": { "$date": "2226-01-01T00:00:00Z" }
        }
        """,
        $$"""
        {
          "_id": {{Uuid(Deleted)}}, "schema": 1, "owner": "local", "state": "deleted", "tags": [], "version": { "$numberLong": "2" },
          "versions": [], "intents": [], "garbage": [], "sweep_at": {{Past}}
        }
        """,
    ];

    private static string Content(Guid blob, byte[] content, int version) =>
        $$"""
        {
          "blob": {{Uuid(blob)}}, "size": { "$numberLong": "{{content.Length}}" }, "type": "text/plain", "type_key": "text/plain",
          "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(content))}}",
          "xxh3": { "$numberLong": "{{unchecked((long)XxHash3.HashToUInt64(content))}}" },
          "version": { "$numberLong": "{{version}}" }, "created_at": {{Past}}
        }
        """;

    private static string Uuid(Guid id) => $$"""{ "$uuid": "{{id}}" }""";
}
