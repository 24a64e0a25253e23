using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// Traces only work that a request causes. Pings, polls and sweeps repeat for ever in the background; their spans would
/// bury the users' requests.
/// </summary>
/// <param name="requests">Decides about a request.</param>
internal sealed class RequestSampler(Sampler requests) : Sampler
{
    /// <summary>Reads the standard variables <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c>: a ratio of the requests, otherwise all of them.</summary>
    public static RequestSampler Read(Func<string, string?> setting) =>
        setting("OTEL_TRACES_SAMPLER") is { } name && name.EndsWith("traceidratio", StringComparison.Ordinal)
        && double.TryParse(setting("OTEL_TRACES_SAMPLER_ARG"), CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? new(new TraceIdRatioBasedSampler(ratio))
            : new(new AlwaysOnSampler());

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Server ? requests.ShouldSample(samplingParameters)
        : samplingParameters.ParentContext.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? new SamplingResult(SamplingDecision.RecordAndSample)
        : new SamplingResult(SamplingDecision.Drop);
}
