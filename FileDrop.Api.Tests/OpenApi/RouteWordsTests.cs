using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Xunit;

namespace FileDrop.Api.Tests.OpenApi;

/// <summary>A route describes itself completely, or fails here.</summary>
public sealed class RouteWordsTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    [Fact]
    public void Every_route_of_the_service_describes_itself()
    {
        var routes = pair.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true }
                && route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null).ToList();
        Assert.True(routes.Count > 25, "the routes are seen");
        Assert.All(routes, route => Assert.Equal([], Lacks(route)));
    }

    [Fact]
    public async Task A_route_that_does_not_describe_itself_is_found_with_all_that_it_lacks()
    {
        Assert.Equal(
            ["name", "summary", "description", "tag", "success", "parameter thing_id", "404", "body"],
            Lacks(await RouteAsync(app => app.MapPut("/things/{thing_id}", () => "a"))));
        Assert.Equal(
            ["304", "206", "416", "412"],
            Lacks(await RouteAsync(app => app.MapGet("/things", () => "a").WithName("a").WithSummary("a").WithDescription("a").WithTags("a")
                .Takes(ApiParameter.Header("Range", "", ""), ApiParameter.Header("If-None-Match", "", ""), ApiParameter.Header("If-Match", "", ""))
                .Answers(200, "a"))));
        Assert.Equal(
            ["parameter other_id"],
            Lacks(await RouteAsync(app => app.MapGet("/things", () => "a").WithName("a").WithSummary("a").WithDescription("a").WithTags("a")
                .Takes(ApiParameter.Path("other_id", "", Shape.Id())).Answers(200, "a"))));
    }

    private static async Task<RouteEndpoint> RouteAsync(Action<IEndpointRouteBuilder> map)
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        map(app);
        return ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Single();
    }

    /// <summary>The words that a route lacks.</summary>
    private static IEnumerable<string> Lacks(RouteEndpoint route)
    {
        var metadata = route.Metadata;
        var methods = metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];
        var parameters = metadata.OfType<ApiParameter>().ToList();
        var answers = metadata.OfType<ApiAnswer>().Select(answer => answer.Status).ToList();
        var errors = metadata.OfType<ApiProblem>().Select(problem => problem.Status).ToList();
        var inPath = route.RoutePattern.Parameters.Select(parameter => parameter.Name);
        var saidInPath = parameters.Where(parameter => parameter.Place == ParameterLocation.Path).Select(parameter => parameter.Name).ToList();
        if (string.IsNullOrEmpty(metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName))
            yield return "name";
        if (string.IsNullOrEmpty(metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary))
            yield return "summary";
        if (string.IsNullOrEmpty(metadata.GetMetadata<IEndpointDescriptionMetadata>()?.Description))
            yield return "description";
        if (metadata.GetMetadata<ITagsMetadata>() is null)
            yield return "tag";
        if (!answers.Any(status => status is >= 200 and < 300))
            yield return "success";
        foreach (var name in inPath.Except(saidInPath).Concat(saidInPath.Except(inPath)))
            yield return $"parameter {name}";
        if (inPath.Any() && !methods.Contains(HttpMethods.Options) && !errors.Contains(404))
            yield return "404";
        if (methods.Any(method => HttpMethods.IsPut(method) || HttpMethods.IsPatch(method)) && !metadata.OfType<ApiRequest>().Any())
            yield return "body";
        if (methods.Contains(HttpMethods.Get) && Takes("If-None-Match") && !answers.Contains(304))
            yield return "304";
        if (Takes("Range") && !answers.Contains(206))
            yield return "206";
        if (Takes("Range") && !errors.Contains(416))
            yield return "416";
        if (Takes("If-Match") && !errors.Contains(412))
            yield return "412";

        bool Takes(string name) => parameters.Exists(parameter => parameter.Name == name);
    }
}
