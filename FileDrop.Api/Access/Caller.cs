namespace FileDrop.Api.Access;

/// <summary>Who is asking.</summary>
internal static class Caller
{
    /// <summary>Whoever asks without saying who; what is stored before access is configured is theirs.</summary>
    public const string Anonymous = "local";

    /// <summary>The owner whose files a request is about.</summary>
    public static string Owner(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Anonymous;
    }
}
