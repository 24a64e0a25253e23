using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>What becomes of a request that a newer one stops.</summary>
internal static class Interruption
{
    /// <summary>The request ends before its body has: refused with 423, or cut off with its connection.</summary>
    /// <param name="writing">The request.</param>
    /// <param name="letGo">Ends its body, should the client wait for that.</param>
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
            // The service closed the connection under the body.
        }
    }
}
