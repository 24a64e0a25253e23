using System.Text.Json.Serialization;

namespace FileDrop.Api.Http;

/// <summary>How much an owner has stored and may store.</summary>
/// <param name="BytesUsed">Bytes of all contents of live files and of files in the trash, with their versions.</param>
/// <param name="BytesReserved">Bytes of uploads in progress. They count against the limit until they are stored or given up.</param>
/// <param name="BytesLimit">The limit of used and reserved bytes together, or null if there is none.</param>
/// <param name="FilesUsed">Live files and files in the trash.</param>
/// <param name="FilesLimit">The limit of files, or null if there is none.</param>
/// <param name="AsOf">The time of the numbers, if adding them up takes long and they have no limit. Null means now.</param>
public sealed record UsageJson(
    long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? AsOf = null);
