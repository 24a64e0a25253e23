using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;

namespace FileDrop.Bench.Compare;

/// <summary>The peers on MongoDB and S3: on the same servers and in the same bucket, under their own keys.</summary>
internal static class S3Peers
{
    /// <summary>A plain program of the same five APIs, on the stack that most people would choose first.</summary>
    public static async Task<Peer> FlaskAsync(BenchStores stores, CancellationToken cancellation)
    {
        const string Install = "apt-get install python3-flask python3-pymongo python3-boto3 gunicorn";
        var program = await PeerProgram.FindAsync("gunicorn", Install, "--version");
        // Only Debian's own Python has Debian's packages; another may come first in the PATH.
        var versions = (await PeerProgram.RunAsync("/usr/bin/python3", "-c",
            "import boto3, flask, pymongo; print(f'Flask {flask.__version__}, pymongo {pymongo.version}, boto3 {boto3.__version__}')")).Trim();
        if (!versions.StartsWith("Flask", StringComparison.Ordinal))
            throw new PeerMissingException($"Flask is not installed, and is left out: {Install}");
        // gunicorn's manual recommends this number; the threads are enough for 64 clients.
        var workers = (2 * Environment.ProcessorCount) + 1;
        return await HttpPeer.StartAsync("Flask",
            Report.Text($"{versions}, {program.Version}, {workers} workers of 16 threads, SHA-256 too; ")
            + "MongoDB's default (w: majority), synced as the store does",
            new FilesApi(), Prepare, cancellation);

        ProcessStartInfo Prepare(int port)
        {
            var start = new ProcessStartInfo(program.Path,
                ["--bind", $"127.0.0.1:{port}", "--workers", $"{workers}", "--worker-class", "gthread", "--threads", "16",
                    "--keep-alive", "3600", "app:app"])
            {
                WorkingDirectory = Path.Combine(AppContext.BaseDirectory, "peers", "flask"),
            };
            start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            foreach (var (name, value) in stores.PeerSettings)
                start.Environment[name] = value;
            return start;
        }
    }

    public static Peer Sdk(BenchStores stores) => new S3Peer(Client(stores), stores.PeerSettings["BUCKET"]);

    /// <exception cref="PeerMissingException">The store requires TLS, which the lean client does not speak.</exception>
    public static Peer PresignedUrls(BenchStores stores)
    {
        var endpoint = new Uri(stores.PeerSettings["ENDPOINT"]);
        return endpoint.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.Ordinal)
            ? new HttpPeer("presigned URLs", "the store itself by presigned URLs, one PUT or GET each; synced as the store does",
                endpoint, new Presigned(Client(stores), stores.PeerSettings["BUCKET"]), process: null, owned: null)
            : throw new PeerMissingException("Presigned URLs are left out: the lean client does not speak TLS.");
    }

    private static AmazonS3Client Client(BenchStores stores) =>
        new(new BasicAWSCredentials(stores.PeerSettings["KEY"], stores.PeerSettings["SECRET"]), new AmazonS3Config
        {
            ServiceURL = stores.PeerSettings["ENDPOINT"],
            ForcePathStyle = true,
            MaxConnectionsPerServer = int.MaxValue,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
}
