using System.Net.Http.Headers;

namespace FileDrop.AppHost;

/// <summary>The resource with the dashboard's commands. A command of the service itself would run on each of its replicas.</summary>
internal sealed class CommandsResource(string name) : Resource(name);

internal static class Commands
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Adds one line to the dashboard, with the commands as buttons.</summary>
    /// <param name="api">The service.</param>
    /// <param name="key">Its API key.</param>
    /// <param name="stores">Its stores, each under the name of its connection string; none: the embedded store.</param>
    public static void AddCommands(
        this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> api, IResourceBuilder<ParameterResource> key,
        params IResourceBuilder<IResourceWithConnectionString>[] stores)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return;
        var address = api.GetEndpoint("http");
        builder.AddResource(new CommandsResource("commands"))
            .WithInitialState(new CustomResourceSnapshot { ResourceType = "Commands", State = KnownResourceStates.Running, Properties = [] })
            .WithCommand("upload-sample", "Upload a sample file", context => UploadAsync(address, key, context.CancellationToken), new CommandOptions
            {
                Description = "Stores a small text file named hello.txt, and shows the service's answer.",
                IconName = "ArrowUpload",
                IsHighlighted = true,
            })
            .WithCommand("check", "Check the stores", context => StoreCheck.RunAsync(stores, context.CancellationToken), new CommandOptions
            {
                Description = "Compares metadata and content both ways, and changes nothing.",
                IconName = "DocumentSearch",
                IsHighlighted = true,
            })
            .WithCommand("health", "Ask for the health", context => AskHealthAsync(address, context.CancellationToken), new CommandOptions
            {
                Description = "Shows which check passes and which does not.",
                IconName = "HeartPulse",
            });
    }

    private static Task<ExecuteCommandResult> UploadAsync(EndpointReference address, IResourceBuilder<ParameterResource> key, CancellationToken cancellation) =>
        SendAsync(async () =>
        {
            var body = new StringContent("Hello from the dashboard.\n");
            body.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "hello.txt" };
            var request = new HttpRequestMessage(HttpMethod.Post, $"{address.Url}/files/upload") { Content = body };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await key.Resource.GetValueAsync(cancellation));
            return request;
        }, failureIsAnswer: false, cancellation);

    private static Task<ExecuteCommandResult> AskHealthAsync(EndpointReference address, CancellationToken cancellation) =>
        SendAsync(() => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, $"{address.Url}/health")), failureIsAnswer: true, cancellation);

    private static async Task<ExecuteCommandResult> SendAsync(Func<Task<HttpRequestMessage>> create, bool failureIsAnswer, CancellationToken cancellation)
    {
        try
        {
            using var request = await create();
            using var answer = await Http.SendAsync(request, cancellation);
            var text = await answer.Content.ReadAsStringAsync(cancellation);
            return answer.IsSuccessStatusCode || failureIsAnswer
                ? CommandResults.Success($"{(int)answer.StatusCode} {answer.ReasonPhrase}", text, CommandResultFormat.Json)
                : CommandResults.Failure($"{(int)answer.StatusCode} {answer.ReasonPhrase}", text, CommandResultFormat.Json);
        }
        catch (HttpRequestException failure)
        {
            return CommandResults.Failure($"The service does not answer: {failure.Message}");
        }
    }
}
