using System.Diagnostics;
using System.IO.Pipes;
using System.Text;

namespace FileDrop.Api.Tests;

/// <summary>Tells, from within a service's process, how many bytes it has allocated and which exceptions were thrown in it so far.</summary>
internal static class ProcessCounter
{
    /// <summary>The environment variable that tells a process the pipe on which to tell it.</summary>
    public const string Variable = "FILEDROP_TEST_COUNTS";

    private static readonly List<string> Exceptions = [];

    /// <summary>Answers each connection with the counts, on a thread of its own, for as long as the process lives.</summary>
    public static void Serve(string pipe)
    {
        AppDomain.CurrentDomain.FirstChanceException += (_, thrown) =>
        {
            lock (Exceptions)
            {
                Exceptions.Add($"{thrown.Exception.GetType().Name}: {thrown.Exception.Message} {new StackTrace(skipFrames: 1)}");
            }
        };
        new Thread(() =>
        {
            using var server = new NamedPipeServerStream(pipe);
            while (true)
            {
                server.WaitForConnection();
                using var answer = new MemoryStream();
                answer.Write(BitConverter.GetBytes(GC.GetTotalAllocatedBytes(precise: true)));
                lock (Exceptions)
                {
                    answer.Write(Encoding.UTF8.GetBytes(string.Join('\0', Exceptions)));
                }
                server.Write(answer.ToArray());
                server.Disconnect();
            }
        })
        { IsBackground = true }.Start();
    }

    /// <summary>Asks a process: bytes allocated, and the exceptions thrown, each with its stack.</summary>
    public static async Task<(long Bytes, string[] Exceptions)> ReadAsync(string pipe)
    {
        await using var client = new NamedPipeClientStream(pipe);
        await client.ConnectAsync(30_000);
        using var answer = new MemoryStream();
        await client.CopyToAsync(answer);
        var text = Encoding.UTF8.GetString(answer.ToArray().AsSpan(sizeof(long)));
        return (BitConverter.ToInt64(answer.ToArray()), text.Split('\0', StringSplitOptions.RemoveEmptyEntries));
    }
}
