using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>One change or refusal, with the members of <see cref="AuditEvent"/>.</summary>
public sealed record AuditJson(
    Guid EventId,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset At,
    string Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Subject,
    string Result,
    int Status,
    string Caller,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Owner,
    string Address,
    string Method,
    string Path,
    string TraceId)
{
    internal static AuditJson Of(AuditEvent one) => new(
        one.Id, one.At, one.Operation, one.Subject, one.Result, one.Status, one.Caller, one.Owner, one.Address, one.Method, one.Path, one.TraceId);
}
