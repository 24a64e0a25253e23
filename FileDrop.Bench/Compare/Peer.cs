using System.Diagnostics;
using System.Net.Sockets;

namespace FileDrop.Bench.Compare;

/// <summary>A measured server: FileDrop, or one that people would use instead.</summary>
internal abstract class Peer(string name, string about) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>Its version, its setup, and when an acknowledged file is on the disk.</summary>
    public string About => about;

    /// <summary>Whether it has lists and metadata as FileDrop does.</summary>
    public virtual bool IsFileService => false;

    /// <summary>The resources that its processes have used so far; null if it has no own processes.</summary>
    public virtual ProcessUse? Use => null;

    /// <summary>A connected client for one thread.</summary>
    public abstract PeerClient Connect();

    public abstract ValueTask DisposeAsync();
}

/// <summary>One client: each call is one request, answered in full, or a <see cref="BenchException"/>.</summary>
internal abstract class PeerClient : IDisposable
{
    private const int ReadAtOnce = 256 << 10;

    private readonly byte[] _buffer = new byte[ReadAtOnce];

    /// <summary>Stores the sample of a seed as a new file.</summary>
    /// <returns>Its key.</returns>
    public string Upload(long seed, long size) => Upload($"bench-{seed}.bin", seed, size);

    /// <summary>The same under a name.</summary>
    public abstract string Upload(string name, long seed, long size);

    /// <summary>Reads a stored sample back, and compares every byte.</summary>
    public abstract void Download(string key, long seed, long size);

    /// <summary>The same with a part of it, both ends at multiples of <see cref="SampleBlock.PieceSize"/>.</summary>
    public abstract void Range(string key, long seed, long offset, long count);

    public abstract void Delete(string key);

    public virtual void Metadata(string key) => throw new NotSupportedException();

    /// <summary>Makes a folder in which files can be stored.</summary>
    public virtual void MakeFolder(string name) => throw new NotSupportedException();

    /// <summary>Lists a folder by PROPFIND with Depth 1.</summary>
    /// <param name="name">The folder.</param>
    /// <param name="ask">The body that asks for properties; empty asks for all.</param>
    /// <returns>The number of resources in the answer.</returns>
    public virtual int Find(string name, string ask) => throw new NotSupportedException();

    /// <summary>The newest files, at most 100.</summary>
    public virtual void List() => throw new NotSupportedException();

    public abstract void Dispose();

    /// <summary>Compares the received bytes with the sent ones.</summary>
    /// <param name="read">Fills the buffer; less at the end.</param>
    protected async Task CompareAsync(Func<Memory<byte>, ValueTask<int>> read, long seed, long offset, long count)
    {
        for (long done = 0; done < count;)
        {
            var wanted = (int)Math.Min(_buffer.Length, count - done);
            var got = await read(_buffer.AsMemory(0, wanted));
            if (got < wanted || !SampleBlock.Matches(seed, offset + done, _buffer.AsSpan(0, got)))
                throw new BenchException($"File {seed} came back with changed bytes behind {offset + done}, or {wanted - got} are missing.");
            done += got;
        }
        if (await read(_buffer.AsMemory(0, 1)) > 0)
            throw new BenchException($"File {seed} came back with more than {count} bytes.");
    }
}

/// <summary>A server over HTTP/1.1, by the lean client.</summary>
/// <param name="dialect">Its form of requests.</param>
/// <param name="process">Its process, if it runs on this machine.</param>
/// <param name="owned">Disposed of with it.</param>
internal sealed class HttpPeer(string name, string about, Uri address, Dialect dialect, int? process, IAsyncDisposable? owned) : Peer(name, about)
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    public override bool IsFileService => dialect is FilesApi;

    public override ProcessUse? Use => process is { } id ? ProcessUse.OfTree(id) : null;

    /// <summary>Starts a peer's program, and waits until it accepts connections.</summary>
    public static async Task<HttpPeer> StartAsync(
        string name, string about, Dialect dialect, Func<int, ProcessStartInfo> prepare, CancellationToken cancellation)
    {
        var address = new Uri($"http://127.0.0.1:{ChildProcess.FreePort()}");
        var process = new ChildProcess(prepare(address.Port));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(address.Host, address.Port, cancellation);
                return new HttpPeer(name, about, address, dialect, process.Id, process);
            }
            catch (SocketException) when (!process.HasExited && clock.Elapsed < LongestStart)
            {
                await Task.Delay(50, cancellation);
            }
            catch (Exception failure)
            {
                await process.DisposeAsync();
                if (failure is not SocketException)
                    throw;
                throw new PeerMissingException($"{name} did not start, and is left out: {process.Output}");
            }
        }
    }

    public override PeerClient Connect()
    {
        try
        {
            return new HttpPeerClient(address, dialect);
        }
        catch (SocketException gone)
        {
            throw new BenchException($"{Name} accepts no connection: {gone.Message}", gone);
        }
    }

    public override ValueTask DisposeAsync() => owned?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The lean client, speaking a dialect.</summary>
internal sealed class HttpPeerClient(Uri address, Dialect dialect) : PeerClient
{
    private const int LongestAnswer = 256 << 10;
    private const int LongestShown = 500;

    private readonly LeanConnection _connection = new(address);
    private readonly SampleBlock _block = new();
    private readonly byte[] _answer = new byte[LongestAnswer];

    public override string Upload(string name, long seed, long size)
    {
        var (method, target) = dialect.Upload(name);
        var answer = Answer(_connection.Send(method, target, _block, seed, size), "upload", 200, 201, 204);
        return dialect.Key(name, answer);
    }

    public override void Download(string key, long seed, long size)
    {
        Check(_connection.Send("GET", dialect.Read(key)), "download", 200);
        CompareAsync(Read, seed, 0, size).GetAwaiter().GetResult();
    }

    public override void Range(string key, long seed, long offset, long count)
    {
        Check(_connection.Send("GET", dialect.Read(key), Report.Text($"Range: bytes={offset}-{offset + count - 1}\r\n")), "range", 206);
        CompareAsync(Read, seed, offset, count).GetAwaiter().GetResult();
    }

    public override void Delete(string key) => Answer(_connection.Send("DELETE", dialect.Delete(key)), "deletion", 200, 204);

    public override void Metadata(string key)
    {
        var id = FilesApi.Id(Answer(_connection.Send("GET", FilesApi.Metadata(key)), "read of metadata", 200));
        if (!id.Equals(key, StringComparison.Ordinal))
            throw new BenchException($"The metadata of {key} belong to another file.");
    }

    public override void MakeFolder(string name) => Answer(_connection.Send("MKCOL", dialect.Read(name)), "new folder", 201);

    public override int Find(string name, string ask)
    {
        Check(_connection.SendText("PROPFIND", dialect.Read(name), "Depth: 1\r\nContent-Type: application/xml\r\n", ask), "list", 207);
        // The end of each resource may lie across two reads.
        var (found, kept) = (0, 0);
        var end = "</D:response>"u8;
        while (_connection.Read(_answer.AsSpan(kept)) is > 0 and var read)
        {
            var text = _answer.AsSpan(0, kept + read);
            found += text.Count(end);
            kept = Math.Min(end.Length - 1, text.Length);
            text[^kept..].CopyTo(_answer);
        }
        return found;
    }

    public override void List()
    {
        if (Answer(_connection.Send("GET", FilesApi.Page), "list", 200) is not [(byte)'[', .., (byte)']' or (byte)'\n'])
            throw new BenchException("The answer to a list was not a list.");
    }

    public override void Dispose() => _connection.Dispose();

    /// <summary>Blocks, so that the task is always done.</summary>
    private ValueTask<int> Read(Memory<byte> destination) => ValueTask.FromResult(_connection.Read(destination.Span));

    private ReadOnlySpan<byte> Answer(int status, string what, params ReadOnlySpan<int> expected)
    {
        Check(status, what, expected);
        return _answer.AsSpan(0, _connection.Read(_answer));
    }

    private void Check(int status, string what, params ReadOnlySpan<int> expected)
    {
        if (expected.Contains(status))
            return;
        var length = Math.Min(LongestShown, _connection.Read(_answer));
        throw new BenchException($"The {what} was answered {status}: {System.Text.Encoding.UTF8.GetString(_answer, 0, length)}");
    }
}
