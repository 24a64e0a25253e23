using Scalar.AspNetCore;

namespace FileDrop.Api;

/// <summary>The OpenAPI 3.1 document and the page that shows it.</summary>
internal static class ApiDescription
{
    public static void AddApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(options => options.OpenApiVersion = Microsoft.OpenApi.OpenApiSpecVersion.OpenApi3_1);

    public static void MapApiDescription(this WebApplication app)
    {
        app.MapOpenApi();
        app.MapScalarApiReference("/scalar");
    }
}
