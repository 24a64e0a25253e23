using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace FileDrop.Api.Contents;

/// <summary>The rules of a file's tags, and how they are read from JSON.</summary>
internal static class FileTags
{
    /// <summary>Tags of a file.</summary>
    public const int MaxCount = 32;

    /// <summary>In bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 64;

    /// <summary>In bytes of UTF-8.</summary>
    public const int MaxValueBytes = 256;

    /// <summary>No tags.</summary>
    public static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads the text of a JSON object of strings.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out IReadOnlyDictionary<string, string>? tags, [NotNullWhen(false)] out string? wrong)
    {
        try
        {
            using var json = JsonDocument.Parse(text, Strict);
            return TryRead(json.RootElement, out tags, out wrong);
        }
        catch (Exception malformed) when (malformed is JsonException or ArgumentException or InvalidOperationException)
        {
            tags = null;
            wrong = "Tags are a JSON object of strings, with each key once.";
            return false;
        }
    }

    /// <summary>Reads a JSON object of strings.</summary>
    public static bool TryRead(
        JsonElement json, [NotNullWhen(true)] out IReadOnlyDictionary<string, string>? tags, [NotNullWhen(false)] out string? wrong)
    {
        tags = null;
        if (json.ValueKind != JsonValueKind.Object)
        {
            wrong = "Tags are a JSON object of strings.";
            return false;
        }
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            wrong = Check(property, out var key, out var value) ?? (read.Count == MaxCount
                ? $"A file has at most {MaxCount} tags."
                : null);
            if (wrong is not null)
                return false;
            read[key] = value;
        }
        tags = read;
        wrong = null;
        return true;
    }

    /// <summary>Whether two sets of tags are the same, in any order.</summary>
    public static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count
        && one.All(tag => other.TryGetValue(tag.Key, out var value) && string.Equals(tag.Value, value, StringComparison.Ordinal));

    private static string? Check(JsonProperty property, out string key, out string value)
    {
        key = value = "";
        if (property.Value.ValueKind != JsonValueKind.String)
            return "Every tag's value is a string.";
        if (!TryGetText(property, out key, out value))
            return "A tag is valid Unicode; this one has half a surrogate pair.";
        if (Encoding.UTF8.GetByteCount(key) is 0 or > MaxKeyBytes)
            return $"A tag's key has 1 to {MaxKeyBytes} bytes of UTF-8.";
        if (key.Contains(':', StringComparison.Ordinal))
            return "A tag's key has no colon: it ends the key in ?tag=key:value.";
        if (Encoding.UTF8.GetByteCount(value) > MaxValueBytes)
            return $"A tag's value has at most {MaxValueBytes} bytes of UTF-8.";
        if (key.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
            return "A tag has no NUL character.";
        return null;
    }

    private static bool TryGetText(JsonProperty property, out string key, out string value)
    {
        try
        {
            (key, value) = (property.Name, property.Value.GetString() ?? "");
            return true;
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud800 on its own: JSON can spell it, UTF-8 cannot.
            key = value = "";
            return false;
        }
    }
}
