namespace FileDrop.Api.Shares;

/// <summary>The picture that messengers show beside the title of a link. It is the same for all links, and shows nothing of the files.</summary>
internal static class ShareCard
{
    private static readonly Lazy<byte[]> s_picture = new(
        () => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "wwwroot", "share", "card.png")), LazyThreadSafetyMode.PublicationOnly);

    public static IResult Answer(HttpContext context)
    {
        context.Response.Headers.CacheControl = "public, max-age=86400";
        return TypedResults.Bytes(s_picture.Value, "image/png");
    }
}
