using System.Net;

namespace FileDrop.Tests;

/// <summary>The dashboard shows the requests, and nothing else.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class DashboardTests(SharedSystem shared) : SystemTest(shared)
{
    [Fact]
    public async Task It_answers_at_the_address_that_the_console_prints()
    {
        using var browser = new HttpClient();
        using var answer = await browser.GetAsync(System.Dashboard.Url);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_trace_of_an_upload_spans_the_service_and_MongoDB_and_S3()
    {
        var trace = Guid.NewGuid().ToString("N");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files/upload?file_name=traced.bin") { Content = new ByteArrayContent(Api.Bytes(1 << 20)) };
        request.Headers.Add("traceparent", $"00-{trace}-{trace[..16]}-01");
        using var created = await Http.SendAsync(request);
        Assert.True(created.StatusCode == HttpStatusCode.Created, await Api.Describe(created));

        IReadOnlyList<Span> spans = [];
        await FileDropSystem.UntilAsync("the trace is complete", async () =>
        {
            spans = await System.Dashboard.SpansAsync(trace);
            return spans.Any(span => span.IsRequest);
        });
        Assert.Contains(spans, span => span.IsRequest && span.Name.Contains("/files/upload", StringComparison.Ordinal));
        Assert.Contains(spans, span => span.Source == "MongoDB.Driver");
        Assert.Contains(spans, span => span.Source == "System.Net.Http");
    }

    [Fact]
    public async Task Every_trace_begins_with_a_request()
    {
        // The sweeper runs once a second, and the dashboard itself asks for the health.
        await Task.Delay(TimeSpan.FromSeconds(3));
        var traces = (await System.Dashboard.SpansAsync()).GroupBy(span => span.TraceId);
        Assert.Empty(traces.Where(trace => !trace.Any(span => span.IsRequest)).SelectMany(trace => trace.Select(span => span.Name)));
    }

    [Fact]
    public void A_healthy_start_logs_no_warning()
    {
        _ = System;
        Assert.Empty(Shared.WarningsOfStart);
    }
}
