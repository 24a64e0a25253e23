using System.IO.Pipes;

namespace FileDrop.Api.Tests;

/// <summary>Tells, from within a service's process, how many bytes it has allocated so far.</summary>
internal static class AllocationCounter
{
    /// <summary>The environment variable that tells a process the pipe on which to tell it.</summary>
    public const string Variable = "FILEDROP_TEST_ALLOCATIONS";

    /// <summary>Answers each connection with the count, on a thread of its own, for as long as the process lives.</summary>
    public static void Serve(string pipe) => new Thread(() =>
    {
        using var server = new NamedPipeServerStream(pipe);
        while (true)
        {
            server.WaitForConnection();
            server.Write(BitConverter.GetBytes(GC.GetTotalAllocatedBytes(precise: true)));
            server.Disconnect();
        }
    })
    { IsBackground = true }.Start();

    /// <summary>Asks a process.</summary>
    public static async Task<long> ReadAsync(string pipe)
    {
        await using var client = new NamedPipeClientStream(pipe);
        await client.ConnectAsync(30_000);
        var count = new byte[sizeof(long)];
        await client.ReadExactlyAsync(count);
        return BitConverter.ToInt64(count);
    }
}
