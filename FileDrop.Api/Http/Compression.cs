using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace FileDrop.Api.Http;

/// <summary>Compresses the page, lists and documents with gzip and Brotli, by ASP.NET Core's own middleware.</summary>
/// <remarks>
/// Only marked answers are compressed. An answer with a credential (a key, a link) never is. Its length would reveal what a caller's text
/// shares with the secret (BREACH). File contents are not compressed either, because their strong entity tags allow requests for byte
/// ranges.
/// </remarks>
internal static class Compression
{
    /// <summary>The least number of bytes to compress; a shorter answer fits into one packet anyway.</summary>
    private const int Least = 1024;

    public static void AddCompression(this IServiceCollection services)
    {
        services.AddSingleton<IResponseCompressionProvider, Provider>();
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        services.AddResponseCompression(compression =>
        {
            // This is safe, because only marked answers without credentials are compressed.
            compression.EnableForHttps = true;
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"];
        });
    }

    /// <summary>Compresses the answers of these requests. Other requests pass without a stream around their body.</summary>
    public static void UseCompression(this IApplicationBuilder app, Func<HttpContext, bool> which) =>
        app.UseWhen(which, compressed => compressed.UseResponseCompression());

    /// <summary>Whether the request's endpoint is marked by <see cref="Compressed{T}"/>.</summary>
    public static bool IsMarked(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Mark>() is not null;

    /// <summary>Marks endpoints whose answers are text without credentials.</summary>
    public static T Compressed<T>(this T endpoints) where T : IEndpointConventionBuilder => endpoints.WithMetadata(new Mark());

    private sealed class Mark;

    private sealed class Provider(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
    {
        public override bool ShouldCompressResponse(HttpContext context) =>
            context.Response is { ContentLength: null or >= Least, StatusCode: StatusCodes.Status200OK } response
            && response.GetTypedHeaders().ETag is null or { IsWeak: true }
            && base.ShouldCompressResponse(context);
    }
}
