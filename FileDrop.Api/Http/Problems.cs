using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>The one place where the outcome of a use case becomes an answer.</summary>
internal static class Problems
{
    /// <summary>The answer to a refusal.</summary>
    public static ApiProblem Of(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.FileNotFound => ApiProblem.FileNotFound,
        RefusalCode.UploadNotFound => ApiProblem.UploadNotFound,
        RefusalCode.UploadComplete => ApiProblem.UploadComplete,
        RefusalCode.UploadLocked => ApiProblem.UploadLocked,
        RefusalCode.FileTooLarge => ApiProblem.FileTooLarge(refusal.Detail),
        RefusalCode.DigestMismatch => ApiProblem.DigestMismatch(refusal.Detail),
        RefusalCode.InconsistentLength => ApiProblem.InconsistentLength(refusal.Detail),
        RefusalCode.RequestInProgress => ApiProblem.RequestInProgress,
        RefusalCode.TooManyRequests => ApiProblem.TooManyRequests(Math.Max(1, (long)Math.Ceiling(refusal.Wait.TotalSeconds)), refusal.Limit),
        RefusalCode.QuotaExceeded => refusal.Detail.Length > 0 ? ApiProblem.QuotaExceeded with { Detail = refusal.Detail } : ApiProblem.QuotaExceeded,
        RefusalCode.TooManyEntries => ApiProblem.TooManyEntries,
        RefusalCode.NameTaken => ApiProblem.NameTaken,
        RefusalCode.FolderNotFound => ApiProblem.FolderNotFound,
        RefusalCode.TooDeep => ApiProblem.TooDeep with { Detail = refusal.Detail },
        RefusalCode.VersionNotFound => ApiProblem.VersionNotFound,
        RefusalCode.InvalidRequest => ApiProblem.InvalidRequest(refusal.Detail),
        RefusalCode.DropFull => ApiProblem.DropFull,
        RefusalCode.Locked => ApiProblem.Locked,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "This code has no answer."),
    };

    /// <summary>The answer to a change that was not done.</summary>
    public static ApiProblem Of(ChangeOutcome outcome) => outcome switch
    {
        ChangeOutcome.VersionMismatch => ApiProblem.PreconditionFailed,
        ChangeOutcome.ContentNotFound => ApiProblem.VersionNotFound,
        ChangeOutcome.ContentIsLive => ApiProblem.VersionIsLive,
        ChangeOutcome.NameTaken => ApiProblem.NameTaken,
        ChangeOutcome.FolderNotFound => ApiProblem.FolderNotFound,
        ChangeOutcome.Circle => ApiProblem.Circle,
        ChangeOutcome.TooDeep => ApiProblem.TooDeep,
        ChangeOutcome.ExpiryPassed => ApiProblem.InvalidRequest("expires_at lies in the past."),
        ChangeOutcome.ParentInTrash => ApiProblem.ParentInTrash,
        ChangeOutcome.Locked => ApiProblem.Locked,
        ChangeOutcome.TooMuch => ApiProblem.TooMuchKept,
        _ => ApiProblem.FileNotFound,
    };

    /// <summary>The answer that an exception carries, or null if it carries none.</summary>
    public static ApiProblem? Of(Exception failure) => failure switch
    {
        ProblemException door => door.Problem,
        RefusedException useCase => Of(useCase.Refusal),
        _ => null,
    };
}
