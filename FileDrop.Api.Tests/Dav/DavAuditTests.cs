using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The audit log and the metrics of the drive.</summary>
public sealed class DavAuditTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task Each_change_and_each_refusal_is_one_event_with_the_id_and_without_a_name()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting, ("FileDrop:Audit:Catalog", "true"));
        using var http = service.AsAdmin();
        await http.DavOkAsync(201, "MKCOL", "/dav/secret");
        await http.DavOkAsync(201, "PUT", "/dav/secret/a", "x");
        var (folder, file) = (await http.IdAtAsync("secret"), await http.IdAtAsync("secret/a"));
        await http.DavOkAsync(204, "PUT", "/dav/secret/a", "y");
        var token = await http.LockAsync("/dav/secret/a");
        await http.DavOkAsync(423, "PUT", "/dav/secret/a", "z");
        await http.DavOkAsync(207, "PROPPATCH", "/dav/secret/a", DavWords.Set("color", "secret"), ("If", $"({token})"));
        await http.DavOkAsync(207, "PROPFIND", "/dav/secret/a", null, ("Depth", "0"));
        await http.DavOkAsync(204, "UNLOCK", "/dav/secret/a", null, ("Lock-Token", token));
        await http.DavOkAsync(201, "COPY", "/dav/secret/a", null, ("Destination", "/dav/secret-b"));
        await http.DavOkAsync(201, "MOVE", "/dav/secret/a", null, ("Destination", "/dav/secret-c"));
        await http.DavOkAsync(404, "PROPFIND", "/dav/secret/a", null, ("Depth", "0"));
        await http.DavOkAsync(204, "DELETE", "/dav/secret-c");
        await http.DavOkAsync(204, "DELETE", "/dav/secret");
        using (var nobody = service.As(null))
            await nobody.DavOkAsync(401, "PROPFIND", "/dav/secret", null, ("Depth", "0"));

        string[] wanted =
        [
            $"DavMakeFolder {folder} done 201", $"DavPut {file} done 201", $"DavPut {file} done 204", $"DavLock {file} done 200", $"DavPut {file} locked 423",
            $"DavChangeProperties {file} done 207", $"DavUnlock {file} done 204", $"DavCopy {file} done 201", $"DavMove {file} done 201",
            $"DavDelete {file} done 204", $"DavDelete {folder} done 204", "DavFind - unauthenticated 401",
        ];
        await Service.UntilAsync("all events are there", async () =>
        {
            using var answer = await http.GetAsync("/admin/audit");
            var events = (await answer.SucceededAsync()).EnumerateArray().Reverse().Where(one => one.Text("operation").StartsWith("Dav", StringComparison.Ordinal)).ToList();
            if (events.Count < wanted.Length)
                return false;
            Assert.Equal(wanted, events.Select(one => $"{one.Text("operation")} {(one.TryGetProperty("subject", out var subject) ? subject.GetString() : "-")} {one.Text("result")} {one.GetProperty("status")}"));
            Assert.All(events, one => Assert.StartsWith("/dav/", one.Text("path"), StringComparison.Ordinal));
            Assert.DoesNotContain(events, one => one.GetRawText().Contains("secret", StringComparison.Ordinal));
            return true;
        });
    }

    [Fact]
    public async Task The_durations_of_requests_tell_the_operation_and_content_is_counted_as_everywhere()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        using var watch = new Watch(service);
        await service.Http.DavOkAsync(201, "PUT", "/dav/a", "12345");
        await service.Http.DavOkAsync(200, "GET", "/dav/a");
        await service.Http.DavOkAsync(207, "PROPFIND", "/dav/a", null, ("Depth", "0"));
        var token = await service.Http.LockAsync("/dav/a");
        await service.Http.DavOkAsync(423, "DELETE", "/dav/a");
        await service.Http.DavOkAsync(204, "UNLOCK", "/dav/a", null, ("Lock-Token", token));
        string[] wanted = ["DavDelete", "DavFind", "DavGet", "DavLock", "DavPut", "DavUnlock", "down 5", "locked", "up 5"];
        // A request is measured after its answer.
        await Service.UntilAsync("all is measured", () => Task.FromResult(watch.Seen.Keys.Order(StringComparer.Ordinal).SequenceEqual(wanted)));
    }

    /// <summary>Collects the tags of one service's measurements that tell of the drive.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Watch(Service service)
        {
            var meters = service.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters)
                    && instrument.Name is "http.server.request.duration" or "filedrop.transfers.bytes" or "filedrop.failures")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => See(tags, "filedrop.operation", ""));
            _listener.SetMeasurementEventCallback<long>((instrument, measured, tags, _) =>
            {
                See(tags, "direction", $" {measured}");
                See(tags, "code", "");
            });
            _listener.Start();
        }

        public ConcurrentDictionary<string, bool> Seen { get; } = [];

        public void Dispose() => _listener.Dispose();

        private void See(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name, string rest)
        {
            foreach (var tag in tags)
            {
                if (tag.Key == name && tag.Value is string value)
                    Seen.TryAdd(value + rest, true);
            }
        }
    }
}
