using System.Text.Json.Serialization;

namespace FileDrop.Api.Http;

/// <summary>The answer to the creation of a link.</summary>
/// <param name="Url">Relative to the service. Anyone who has it can read the content.</param>
/// <param name="ExpiresAt">When the link expires.</param>
public sealed record LinkJson(string Url, [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset ExpiresAt);
