using System.Diagnostics;
using System.IO.Pipes;
using System.Text;

namespace FileDrop.Api.Tests;

/// <summary>Reports, from within a service's process, its allocated bytes and thrown exceptions.</summary>
internal static class ProcessCounter
{
    /// <summary>The environment variable with the name of the pipe for the reports.</summary>
    public const string Variable = "FILEDROP_TEST_COUNTS";

    private static readonly List<string> Exceptions = [];

    /// <summary>Answers each connection with the counts, on its own thread, while the process lives.</summary>
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

    /// <summary>Reads a process's allocated bytes, and its thrown exceptions with their stacks.</summary>
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
