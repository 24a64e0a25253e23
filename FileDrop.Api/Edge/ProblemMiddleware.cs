using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Edge;

/// <summary>Turns every failure of a request into one of the contract's errors, and reveals nothing else.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, FileMetrics metrics, StoreStarter stores, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, ContentLength: null, ContentType: null, StatusCode: >= 400 } bare
                && ApiProblem.OfStatus(bare.StatusCode, context.Request) is { } problem)
                await problem.ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone and would not read an answer.
        }
        catch (Exception failure)
        {
            var problem = Explain(failure, context);
            if (context.Response.HasStarted)
            {
                // A clean end would make a part look like the whole.
                LogCut(failure, context.Request.Method, LoggedPath.Of(context.Request.Path));
                context.Abort();
                return;
            }
            var secure = context.Response.Headers.StrictTransportSecurity;
            context.Response.Clear();
            context.Response.Headers.StrictTransportSecurity = secure;
            await problem.ExecuteAsync(context);
        }
        finally
        {
            if (context.Items[typeof(ApiProblem)] is string code)
                metrics.Failed(code);
        }
    }

    private ApiProblem Explain(Exception failure, HttpContext context)
    {
        if (Problems.Of(failure) is { } told)
            return told;
        var path = LoggedPath.Of(context.Request.Path);
        switch (failure)
        {
            case BadHttpRequestException bad:
                return ApiProblem.OfStatus(bad.StatusCode) is { } problem && bad.StatusCode != StatusCodes.Status400BadRequest
                    ? problem
                    : ApiProblem.InvalidRequest("The request's body ended early or is framed wrongly.");
            case BlobTooLargeException tooLarge:
                return ApiProblem.FileTooLarge(tooLarge.Message);
            case QuotaExceededException:
                return ApiProblem.QuotaExceeded;
            case TooManyUploadsException full:
                return ApiProblem.TooManyUploads(full.Most);
            case DamagedContentException:
                return ApiProblem.InternalError;
            case StorageException { Failure: StorageFailure.Full } full:
                LogFull(context.Request.Method, path, full.Reason);
                return ApiProblem.InsufficientStorage;
            case StorageException away:
                stores.Report(away);
                // An outage has its own log line. A failure of only this request is logged here.
                LogUnavailable(away.InnerException is null ? LogLevel.Error : LogLevel.Debug, context.Request.Method, path, away.Reason);
                return ApiProblem.StorageUnavailable;
            default:
                LogBug(failure, context.Request.Method, path);
                return ApiProblem.InternalError;
        }
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} was cut off in the middle of its answer")]
    private partial void LogCut(Exception failure, string method, string path);

    [LoggerMessage(LogLevel.Error, "{Method} {Path}: the store is full. {Reason}")]
    private partial void LogFull(string method, string path, string reason);

    [LoggerMessage("{Method} {Path}: a store does not answer. {Reason}")]
    private partial void LogUnavailable(LogLevel level, string method, string path, string reason);

    [LoggerMessage(LogLevel.Critical, "{Method} {Path} failed because of a bug")]
    private partial void LogBug(Exception failure, string method, string path);
}
