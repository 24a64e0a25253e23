using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>The end of a request that a newer one replaces.</summary>
internal static class Interruption
{
    private const int Piece = 256 * 1024;

    /// <summary>Checks that the request ends before its body: refused with 423, or cut off with its connection.</summary>
    /// <param name="writing">The request.</param>
    /// <param name="letGo">Ends the body, in case the client waits for that.</param>
    public static async Task EndedEarlyAsync(Task<HttpResponseMessage> writing, Action letGo)
    {
        await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(5)));
        letGo();
        try
        {
            using var answer = await writing;
            Assert.True(answer.StatusCode is HttpStatusCode.Locked or HttpStatusCode.NotFound, answer.StatusCode.ToString());
        }
        catch (HttpRequestException)
        {
            // The service closed the connection during the body.
        }
    }

    /// <inheritdoc cref="EndedEarlyAsync(Task{HttpResponseMessage}, Action)"/>
    public static async Task EndedEarlyAsync(this Wire wire)
    {
        if (await wire.ReadAsync() is { } answer)
            Assert.Contains((answer.Status, answer.Code()), new (int, string?)[] { (423, "upload_locked"), (404, "upload_not_found") });
    }

    /// <summary>Sends a part of a content, piece by piece.</summary>
    public static async Task SendAsync(this Wire wire, Generated content, long offset, long count)
    {
        for (var sent = 0L; sent < count; sent += Piece)
            await wire.SendAsync(content.Bytes(offset + sent, Math.Min(Piece, count - sent)));
    }
}
