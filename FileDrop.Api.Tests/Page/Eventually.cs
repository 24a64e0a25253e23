using System.Runtime.ExceptionServices;
using Xunit.Sdk;

namespace FileDrop.Api.Tests.Page;

/// <summary>Assertions about a state that is on its way.</summary>
/// <remarks>
/// The page shows some changes, such as another name, before the service has answered. It also draws in steps. So a test that has seen one part of
/// the page must wait for the others, and for the service.
/// </remarks>
internal static class Eventually
{
    /// <summary>Waits until an assertion holds. Fails as the assertion does if it never holds.</summary>
    public static async Task HoldsAsync(Func<Task> assertion)
    {
        Exception? last = null;
        try
        {
            await Service.UntilAsync("the assertion holds", async () =>
            {
                try
                {
                    await assertion();
                    return true;
                }
                catch (Exception failure) when (failure is XunitException or HttpRequestException or KeyNotFoundException)
                {
                    last = failure;
                    return false;
                }
            });
        }
        catch (TimeoutException) when (last is not null)
        {
            ExceptionDispatchInfo.Throw(last);
        }
    }
}
