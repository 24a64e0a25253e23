using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Tests;

/// <summary>Every replica knows the others' changes, and a replica that stops loses nothing.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class ReplicaTests(SharedSystem shared) : SystemTest(shared)
{
    [Fact]
    public async Task A_file_uploaded_through_one_replica_is_read_through_the_other()
    {
        var replicas = await System.ReplicasAsync(2);
        using var first = System.Client(replicas[0].Address);
        using var second = System.Client(replicas[1].Address);
        var content = Api.Bytes(9 << 20);

        var file = await first.UploadAsync(content, "from the first.bin");
        Assert.Equal(Api.Hash(content), await second.ReadHashAsync(file.Id));
        using var deleted = await second.DeleteAsync($"/files/{file.Id}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var gone = await first.GetAsync($"/files/{file.Id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Exactly_one_of_two_changes_of_the_same_version_wins()
    {
        var replicas = await System.ReplicasAsync(2);
        var clients = replicas.Select(replica => System.Client(replica.Address)).ToList();
        var file = await clients[0].UploadAsync(Api.Bytes(1024), "raced for.bin");
        for (var round = 0; round < 5; round++)
        {
            using var now = await clients[0].GetAsync($"/files/{file.Id}/metadata");
            var etag = now.Headers.ETag?.ToString() ?? "";
            var contents = Enumerable.Range(0, 16).Select(writer => Api.Bytes(64 * 1024, seed: round * 100 + writer)).ToList();

            var answers = await Task.WhenAll(contents.Select((content, writer) => clients[writer % clients.Count].PutAsync(file.Id, content, etag)));

            var winner = Assert.Single(Enumerable.Range(0, answers.Length), writer => answers[writer].StatusCode == HttpStatusCode.OK);
            Assert.All(answers.Where((_, writer) => writer != winner), answer => Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode));
            foreach (var client in clients)
                Assert.Equal(Api.Hash(contents[winner]), await client.ReadHashAsync(file.Id));
            foreach (var answer in answers)
                answer.Dispose();
        }
        clients.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_whose_replica_stops_happened_whole_or_not_at_all(bool goesOn)
    {
        var replicas = await System.ReplicasAsync(2);
        using var s3 = await ConnectAsync();
        await FileDropSystem.UntilAsync("no upload of earlier tests is in progress", async () => await UploadsAsync(s3) == 0);
        // Leftovers of earlier tests may still be swept, so that only new objects count.
        var before = await KeysAsync(s3);
        using var first = System.Client(replicas[0].Address);
        using var second = System.Client(replicas[1].Address);
        var (content, name) = (Api.Bytes(40 << 20), $"{Guid.NewGuid():N}.bin");
        var (half, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());

        using var body = new PausedContent(content, half, goOn.Task);
        var upload = first.PostAsync($"/files/upload?file_name={name}", body);
        if (await Task.WhenAny(half.Task, upload) == upload)
            Assert.Fail(await Api.Describe(await upload));
        var stop = System.CommandAsync(replicas[0], KnownResourceCommands.StopCommand);
        if (goesOn)
            // It takes no new requests, and finishes its current ones.
            await FileDropSystem.UntilAsync("the replica is stopping", async () => !await FileDropSystem.AnswersAsync(replicas[0].Address));
        else
            await stop;
        goOn.SetResult();

        var created = false;
        try
        {
            using var answer = await upload;
            created = answer.StatusCode == HttpStatusCode.Created;
            Assert.True(created || (int)answer.StatusCode >= 500, await Api.Describe(answer));
        }
        catch (HttpRequestException)
        {
            // The connection was cut: the client does not know the outcome, and the catalog decides.
        }
        await stop;
        Assert.Equal(goesOn, created);

        var files = await second.ListAsync($"?name={name}");
        Assert.True(files.Count == 1 || !created, "An acknowledged file is not in the list.");
        foreach (var file in files)
            Assert.Equal(Api.Hash(content), await second.ReadHashAsync(file.Id));
        await FileDropSystem.UntilAsync(
            "the upload's leftovers are swept",
            async () => (await KeysAsync(s3)).Except(before).Count() == files.Count && await UploadsAsync(s3) == 0);

        await System.CommandAsync(replicas[0], KnownResourceCommands.StartCommand);
        await System.HealthyAsync("api");
        Assert.Equal(2, (await System.ReplicasAsync(2)).Count);
    }

    [Fact]
    public async Task A_replica_that_is_killed_under_load_loses_no_acknowledged_file()
    {
        var victim = (await System.ReplicasAsync(2))[0];
        var killed = new TaskCompletionSource();
        var acknowledged = new ConcurrentDictionary<Guid, string>();
        var writers = Enumerable.Range(0, 4).Select(async writer =>
        {
            // Each writer continues until some time after the kill, through the common address.
            for (var (round, last) = (0, int.MaxValue); round < last; round++)
            {
                if (killed.Task.IsCompleted && last == int.MaxValue)
                    last = round + 3;
                var content = Api.Bytes(200_000, seed: writer * 1000 + round);
                using var body = new ByteArrayContent(content);
                try
                {
                    using var answer = await Http.PostAsync($"/files/upload?file_name=load-{writer}-{round}.bin", body);
                    if (answer.StatusCode == HttpStatusCode.Created)
                        acknowledged[(await Api.ReadFileAsync(answer)).Id] = Api.Hash(content);
                }
                catch (HttpRequestException)
                {
                    // The connection was cut with the replica: this file is not acknowledged.
                }
            }
        }).ToList();
        await FileDropSystem.UntilAsync("the writers are at work", () => Task.FromResult(acknowledged.Count >= 8));
        using (var process = Process.GetProcessById(victim.ProcessId))
            process.Kill(entireProcessTree: true);
        killed.SetResult();
        await Task.WhenAll(writers);
        Assert.False(await FileDropSystem.AnswersAsync(victim.Address));

        foreach (var (id, hash) in acknowledged)
            Assert.Equal(hash, await Http.ReadHashAsync(id));
        await System.CommandAsync(victim, KnownResourceCommands.StartCommand);
        await System.HealthyAsync("api");
        Assert.Equal(2, (await System.ReplicasAsync(2)).Count);
    }

    private async Task<AmazonS3Client> ConnectAsync()
    {
        var settings = (await System.ConnectionStringAsync("storage")).Split(';').Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new AmazonS3Client(
            new BasicAWSCredentials(settings["AccessKey"], settings["SecretKey"]),
            new AmazonS3Config { ServiceURL = settings["Endpoint"], ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
    }

    /// <summary>The keys of the stored objects.</summary>
    private static async Task<IReadOnlyList<string>> KeysAsync(AmazonS3Client s3)
    {
        var keys = new List<string>();
        await foreach (var stored in s3.Paginators.ListObjectsV2(new ListObjectsV2Request { BucketName = "filedrop" }).S3Objects)
            keys.Add(stored.Key);
        return keys;
    }

    /// <summary>The number of open uploads of parts.</summary>
    private static async Task<int> UploadsAsync(AmazonS3Client s3)
    {
        var uploads = await s3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = "filedrop" });
        return uploads.MultipartUploads?.Count ?? 0;
    }

    /// <summary>Sends one half, signals that, and waits before it sends the other.</summary>
    private sealed class PausedContent(byte[] content, TaskCompletionSource half, Task goOn) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(content.AsMemory(0, content.Length / 2));
            await stream.FlushAsync();
            half.TrySetResult();
            await goOn;
            await stream.WriteAsync(content.AsMemory(content.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = content.Length;
            return true;
        }
    }
}
