using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Many clients use all five APIs on few files at once.</summary>
public abstract class ConcurrencyTests(Pair pair)
{
    private const int Clients = 32;
    private const int OperationsEach = 40;

    [Fact]
    public async Task After_32_clients_mixed_all_APIs_every_file_is_whole_and_every_change_was_counted()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:01"), ("FileDrop:Lease", "00:00:10"));
        var http = service.Http;
        var changes = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var contents = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var shared = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        for (var i = 0; i < 4; i++)
            Created(await http.UploadAsync([(byte)i], $"shared-{i}"));

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(ClientAsync));

        var files = await Invariants.EveryFileIsWholeAsync(http);
        Assert.Equal(shared.Keys.Order(StringComparer.Ordinal), files.Select(HttpWords.Id).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(changes[file.Id()], file.GetProperty("version").GetInt32()));
        // Each file keeps twenty earlier versions and the live one.
        await Invariants.NothingElseIsLeftAsync(stores, shared.Keys.ToDictionary(id => id, id => Math.Min(contents[id], 21), StringComparer.Ordinal));

        void Created(System.Text.Json.JsonElement file)
        {
            (changes[file.Id()], contents[file.Id()], shared[file.Id()]) = (1, 1, true);
        }

        async Task ClientAsync(int client)
        {
            // Each client is seeded, so that its requests repeat; only their interleaving differs.
            var random = new Random(client);
            for (var i = 0; i < OperationsEach; i++)
            {
                var id = shared.Keys.ElementAtOrDefault(random.Next(shared.Count)) ?? "";
                switch (random.Next(10))
                {
                    case 0:
                        Created(await http.UploadAsync(RandomNumberGenerator.GetBytes(random.Next(100_000)), $"c{client}-{i}"));
                        break;
                    case 1 when shared.Count > 4 && shared.TryRemove(id, out _):
                        using (var answer = await http.DeleteAsync($"/files/{id}"))
                            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                        break;
                    case 2 or 3 or 4:
                        using (var body = new ByteArrayContent(RandomNumberGenerator.GetBytes(random.Next(100_000))))
                        using (var answer = await http.PutAsync($"/files/{id}/content", body))
                            Count(answer, id, content: true);
                        break;
                    case 5 or 6:
                        using (var answer = await http.PutAsync($"/files/{id}", JsonContent.Create(new { file_name = $"n{client}-{i}" })))
                            Count(answer, id, content: false);
                        break;
                    case 7:
                        using (var answer = await http.GetAsync("/files?limit=10"))
                            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                        break;
                    default:
                        // Another client may have deleted the last of the files while this one chose.
                        if (id.Length > 0)
                            await ReadAsync(id);
                        break;
                }
            }
        }

        void Count(HttpResponseMessage answer, string id, bool content)
        {
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound, answer.StatusCode.ToString());
            if (answer.StatusCode != HttpStatusCode.OK)
                return;
            changes.AddOrUpdate(id, 1, (_, count) => count + 1);
            if (content)
                contents.AddOrUpdate(id, 1, (_, count) => count + 1);
        }

        // A read must return one whole content: the digest in the header must match the bytes.
        async Task ReadAsync(string id)
        {
            using var answer = await http.GetAsync($"/files/{id}");
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return;
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            var hash = Convert.ToBase64String(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()));
            Assert.Equal($"sha-256=:{hash}:", answer.Headers.TryGetValues("Repr-Digest", out var sent) ? sent.Single() : "");
        }
    }
}

public sealed class ConcurrencyOnEmbeddedTests(EmbeddedPair pair) : ConcurrencyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ConcurrencyOnClusterTests(ClusterPair pair) : ConcurrencyTests(pair), IClassFixture<ClusterPair>;
