namespace FileDrop.Api.Storage;

/// <summary>Failures in words for a log or a terminal.</summary>
internal static class Failure
{
    /// <summary>One or several sentences, without a stack trace.</summary>
    public static string Tell(Exception failure)
    {
        if (failure is StorageException store)
            return store.Reason;
        // The framework's message about a missing content root is only the path.
        if (failure is DirectoryNotFoundException && !failure.Message.Contains(' ', StringComparison.Ordinal))
            return $"The directory {failure.Message} does not exist. Set contentRoot to the service's folder, or remove the setting.";
        var (message, cause) = (FirstLine(failure.Message), FirstLine(failure.GetBaseException().Message));
        return message.Contains(cause, StringComparison.OrdinalIgnoreCase) ? message : $"{message} {cause}";
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim() is [.., '.'] line ? line : $"{text.Split('\n', 2)[0].Trim()}.";
}
