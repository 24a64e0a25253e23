using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>Schemas of values.</summary>
/// <remarks>
/// The service limits texts in bytes, and a schema in characters, which are never more. So the service refuses every value that the schema refuses.
/// </remarks>
internal static class Shape
{
    public static OpenApiSchema Text(string? description = null, string? example = null, int? most = null, string? pattern = null) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
        Examples = example is null ? null : [JsonValue.Create(example)],
        MinLength = most is null ? null : 1,
        MaxLength = most,
        Pattern = pattern,
    };

    public static OpenApiSchema Whole(string? description, long minimum, long? maximum = null, long? example = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Format = "int64",
        Description = description,
        Minimum = minimum.ToString(CultureInfo.InvariantCulture),
        Maximum = maximum?.ToString(CultureInfo.InvariantCulture),
        Examples = example is { } value ? [JsonValue.Create(value)] : null,
    };

    /// <summary>The same, or null.</summary>
    public static OpenApiSchema OrNull(this OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    /// <summary>A flag that is off by default.</summary>
    public static OpenApiSchema Flag() => new() { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) };

    /// <summary>One of these words; the first one is the default.</summary>
    public static OpenApiSchema Choice(params ReadOnlySpan<string> values)
    {
        var schema = OneOf(null, values);
        schema.Default = JsonValue.Create(values[0]);
        return schema;
    }

    /// <summary>One of these words.</summary>
    public static OpenApiSchema OneOf(string? description, params ReadOnlySpan<string> values)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = description, Enum = [] };
        foreach (var value in values)
            schema.Enum.Add(JsonValue.Create(value));
        return schema;
    }

    /// <summary>A time in any form of RFC 3339.</summary>
    public static OpenApiSchema Time(string description) => new()
    {
        Type = JsonSchemaType.String,
        Format = "date-time",
        Description = description,
        Examples = [JsonValue.Create(ApiExamples.Time)],
    };

    /// <summary>A time as the service writes it.</summary>
    public static OpenApiSchema Stamp(string description)
    {
        var time = Time(description + " UTC, with milliseconds.");
        time.Pattern = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
        return time;
    }

    public static OpenApiSchema Bytes(string description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    public static OpenApiSchema Id() => new()
    {
        Type = JsonSchemaType.String,
        Format = "uuid",
        Description = "A UUIDv7, independent of the content.",
        Examples = [JsonValue.Create(ApiExamples.FileId)],
    };

    public static OpenApiSchema List(IOpenApiSchema items, int most, string? description = null) =>
        new() { Type = JsonSchemaType.Array, Description = description, MaxItems = most, Items = items };

    /// <summary>An object with all its members, each of them required.</summary>
    public static OpenApiSchema Object(string description, params ReadOnlySpan<(string Name, IOpenApiSchema Schema)> members)
    {
        var schema = Options(description, members);
        (schema.Required, schema.AdditionalPropertiesAllowed) = (new HashSet<string>(schema.Properties?.Keys ?? [], StringComparer.Ordinal), true);
        return schema;
    }

    /// <summary>An object of a request. Its members are optional, and it has no others.</summary>
    public static OpenApiSchema Options(string description, params ReadOnlySpan<(string Name, IOpenApiSchema Schema)> members)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = description,
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
            AdditionalPropertiesAllowed = false,
        };
        foreach (var (name, member) in members)
            schema.Properties.Add(name, member);
        return schema;
    }

    /// <summary>Makes members of an object optional.</summary>
    public static OpenApiSchema Without(this OpenApiSchema schema, params ReadOnlySpan<string> optional)
    {
        foreach (var name in optional)
            schema.Required?.Remove(name);
        return schema;
    }
}
