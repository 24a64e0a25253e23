using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace FileDrop.Api;

/// <summary>Compresses text answers with gzip and Brotli, by ASP.NET Core's own middleware: the page, lists and documents.</summary>
/// <remarks>
/// Only answers that are named here: no answer with a credential in it (a key, a link) is ever compressed, since a caller's text in the same answer would
/// tell by the length what it has in common with the secret (BREACH). File contents are not either: they have strong entity tags, by which a part of
/// the bytes can be asked for.
/// </remarks>
internal static class Compression
{
    /// <summary>Bytes; a shorter answer fits into a packet either way.</summary>
    private const int Least = 1024;

    public static void AddCompression(this IServiceCollection services)
    {
        services.AddSingleton<IResponseCompressionProvider, Provider>();
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        services.AddResponseCompression(compression =>
        {
            // What could make this unsafe is kept out by name.
            compression.EnableForHttps = true;
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"];
        });
    }

    /// <summary>Compresses the answers of these requests from here on. Others go their way without a stream around their body.</summary>
    public static void UseCompression(this IApplicationBuilder app, Func<HttpContext, bool> which) =>
        app.UseWhen(which, compressed => compressed.UseResponseCompression());

    /// <summary>Whether the request's endpoint is marked by <see cref="Compressed{T}"/>.</summary>
    public static bool IsMarked(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Mark>() is not null;

    /// <summary>Says of endpoints that their answers are text without credentials.</summary>
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
