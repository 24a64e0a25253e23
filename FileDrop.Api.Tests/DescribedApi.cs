using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Checks answers against the OpenAPI document.</summary>
/// <param name="Root">The document.</param>
/// <param name="Http">The client of the service.</param>
internal sealed record DescribedApi(JsonElement Root, HttpClient Http)
{
    /// <summary>Fields that every answer may have without a description, because they belong to HTTP and not to the API.</summary>
    private static readonly string[] Transport = ["Connection", "Content-Length", "Content-Type", "Date", "Server", "Transfer-Encoding", "Vary"];

    /// <summary>Sends a request, and fails unless its answer is the one expected and is described: status, fields, type and body.</summary>
    /// <param name="status">The status that the answer must have; null: any that is described.</param>
    /// <param name="path">The path's template in the document.</param>
    /// <param name="request">The request, which is sent and disposed of.</param>
    /// <param name="code">The code that the error must have.</param>
    public async Task CheckAsync(int? status, string path, HttpRequestMessage request, string? code = null)
    {
        using var sent = request;
        using var response = await Http.SendAsync(sent);
        var (method, body) = (sent.Method.Method.ToLowerInvariant(), await response.Content.ReadAsStringAsync());
        var what = $"{sent.Method} {sent.RequestUri} → {(int)response.StatusCode} {body}";
        Assert.True(status is null || status == (int)response.StatusCode, $"{status} was expected: {what}");
        var operation = Root.GetProperty("paths").GetProperty(path).GetProperty(method);
        Assert.True(operation.GetProperty("responses").TryGetProperty(
            ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture), out var described),
            $"The status is not described: {what}");
        described = Resolve(described);
        CheckHeaders(described, response, what);
        CheckBody(described, response, body, what, method == "head");
        if (code is not null && method != "head")
            Assert.Equal(code, JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }

    private void CheckHeaders(JsonElement described, HttpResponseMessage response, string what)
    {
        var sent = response.Headers.Concat(response.Content.Headers).ToDictionary(
            field => field.Key, field => string.Join(", ", field.Value), StringComparer.OrdinalIgnoreCase);
        var headers = described.TryGetProperty("headers", out var all)
            ? all.EnumerateObject().ToDictionary(header => header.Name, header => Resolve(header.Value), StringComparer.OrdinalIgnoreCase) : [];
        var unknown = sent.Keys.Except([.. headers.Keys, .. Transport], StringComparer.OrdinalIgnoreCase).ToList();
        Assert.True(unknown is [], $"Fields that are not described: {string.Join(", ", unknown)}: {what}");
        foreach (var (name, header) in headers)
        {
            if (sent.TryGetValue(name, out var value))
                Assert.True(Faults(JsonSerializer.SerializeToElement(value), header.GetProperty("schema"), name).ToList() is [], $"{name}: {value}: {what}");
            else
                Assert.False(header.TryGetProperty("required", out var required) && required.GetBoolean(), $"{name} is missing: {what}");
        }
    }

    private void CheckBody(JsonElement described, HttpResponseMessage response, string body, string what, bool head)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (!described.TryGetProperty("content", out var content))
        {
            Assert.True(body.Length == 0 && (head || type is null), $"A body that is not described: {what}");
            return;
        }
        Assert.True(content.TryGetProperty(type ?? "", out var media) || content.TryGetProperty("*/*", out media), $"{type} is not described: {what}");
        var isJson = type?.EndsWith("json", StringComparison.Ordinal) == true;
        if (!isJson && type != "text/plain")
            return;
        var value = isJson ? JsonDocument.Parse(body).RootElement : JsonSerializer.SerializeToElement(body);
        Assert.Equal([], Faults(value, media.GetProperty("schema"), "body"));
        if (isJson)
        {
            // The prompt of a terminal begins in a line of its own.
            Assert.EndsWith("\n", body, StringComparison.Ordinal);
            Assert.Equal([], Unknown(value, media.GetProperty("schema"), "body"));
        }
    }

    /// <summary>Finds the faults of a value against its schema; supports only the keywords that this document uses.</summary>
    private IEnumerable<string> Faults(JsonElement value, JsonElement schema, string at)
    {
        schema = Resolve(schema);
        foreach (var keyword in schema.EnumerateObject())
        {
            var faults = keyword.Name switch
            {
                "type" when keyword.Value.ValueKind == JsonValueKind.Array =>
                    Fault(keyword.Value.EnumerateArray().Any(type => IsOfType(value, type.GetString()))),
                "type" => Fault(IsOfType(value, keyword.Value.GetString())),
                // These keywords do not apply to null.
                "minimum" or "maximum" or "format" or "pattern" when value.ValueKind == JsonValueKind.Null => [],
                "enum" => Fault(keyword.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value))),
                "pattern" => Fault(Regex.IsMatch(value.GetString() ?? "", keyword.Value.GetString() ?? "", RegexOptions.None, TimeSpan.FromSeconds(1))),
                "minimum" => Fault(value.GetDecimal() >= keyword.Value.GetDecimal()),
                "maximum" => Fault(value.GetDecimal() <= keyword.Value.GetDecimal()),
                "minLength" => Fault(value.GetString()?.Length >= keyword.Value.GetInt32()),
                "maxLength" => Fault(value.GetString()?.Length <= keyword.Value.GetInt32()),
                "maxItems" => Fault(value.GetArrayLength() <= keyword.Value.GetInt32()),
                "maxProperties" => Fault(value.GetPropertyCount() <= keyword.Value.GetInt32()),
                "format" => Fault(IsOfFormat(value, keyword.Value.GetString())),
                "required" => keyword.Value.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString() ?? "", out _)).Select(name => $"{at} has no {name}"),
                "properties" => keyword.Value.EnumerateObject().SelectMany(property =>
                    value.TryGetProperty(property.Name, out var member) ? Faults(member, property.Value, $"{at}.{property.Name}") : []),
                "additionalProperties" => value.EnumerateObject().SelectMany(member => Faults(member.Value, keyword.Value, $"{at}.{member.Name}")),
                "propertyNames" => value.EnumerateObject().SelectMany(member => Faults(JsonSerializer.SerializeToElement(member.Name), keyword.Value, at)),
                "items" => value.EnumerateArray().SelectMany(item => Faults(item, keyword.Value, $"{at}[]")),
                "allOf" => keyword.Value.EnumerateArray().SelectMany(part => Faults(value, part, at)),
                "oneOf" => Fault(keyword.Value.EnumerateArray().Count(choice => !Faults(value, choice, at).Any()) == 1),
                "description" or "examples" or "default" or "discriminator" => [],
                _ => throw new NotSupportedException($"This check does not know the keyword {keyword.Name}."),
            };
            foreach (var fault in faults)
                yield return fault;

            IEnumerable<string> Fault(bool holds) => holds ? [] : [$"{at} = {value} breaks {keyword.Name} {keyword.Value}"];
        }
    }

    /// <summary>Finds members that no schema names.</summary>
    private IEnumerable<string> Unknown(JsonElement value, JsonElement schema, string at)
    {
        schema = Resolve(schema);
        if (value.ValueKind == JsonValueKind.Array)
            return value.EnumerateArray().SelectMany(item => Unknown(item, schema.GetProperty("items"), $"{at}[]"));
        if (value.ValueKind != JsonValueKind.Object || schema.TryGetProperty("additionalProperties", out _))
            return [];
        if (schema.TryGetProperty("oneOf", out var choices))
            return Unknown(value, choices.EnumerateArray().First(choice => !Faults(value, choice, at).Any()), at);
        if (schema.TryGetProperty("allOf", out var parts))
            return Unknown(value, parts[0], at);
        var properties = schema.GetProperty("properties");
        return value.EnumerateObject().SelectMany(member => properties.TryGetProperty(member.Name, out var property)
            ? Unknown(member.Value, property, $"{at}.{member.Name}") : [$"{at}.{member.Name} is not described"]);
    }

    private JsonElement Resolve(JsonElement element) => !element.TryGetProperty("$ref", out var reference) ? element
        : (reference.GetString() ?? "").Split('/')[1..].Aggregate(Root, (at, name) => at.GetProperty(name));

    private static bool IsOfType(JsonElement value, string? type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new NotSupportedException($"This check does not know the type {type}."),
    };

    private static bool IsOfFormat(JsonElement value, string? format) => format switch
    {
        "uuid" => Guid.TryParseExact(value.GetString(), "D", out _),
        "date-time" => value.TryGetDateTimeOffset(out _),
        "uri" => Uri.TryCreate(value.GetString(), UriKind.Absolute, out _),
        "uri-reference" => Uri.TryCreate(value.GetString(), UriKind.RelativeOrAbsolute, out _),
        "int64" => value.TryGetInt64(out _),
        "binary" => true,
        _ => throw new NotSupportedException($"This check does not know the format {format}."),
    };
}
