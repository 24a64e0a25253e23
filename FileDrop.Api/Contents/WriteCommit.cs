using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>The commit of one written blob. If the answer is lost, the document tells whether the commit happened.</summary>
internal sealed partial class WriteCommit(IFileCatalog files, IWriteCatalog catalog, string owner, Guid fileId, TimeProvider time, ILogger log)
{
    private const int Attempts = 5;

    /// <summary>Whether a commit may have happened. From then on the blob may be a file's content, so its writer must not delete it.</summary>
    public bool MayHaveHappened { get; private set; }

    /// <summary>Whether the commit is known to have happened.</summary>
    public bool HasHappened { get; private set; }

    /// <summary>Commits the blob.</summary>
    /// <param name="intent">The blob.</param>
    /// <param name="commit">The new state of the file.</param>
    /// <param name="lost">Cancelled when the lease is lost, since another attempt is then pointless.</param>
    /// <param name="inline">Commits the blob together with its bytes. It is null if the bytes are already in the blob store.</param>
    /// <returns>
    /// Done with the file, a version mismatch, or a refusal of its name or folder. Null if the document does not name the intent any more.
    /// </returns>
    /// <exception cref="StorageException">It is unknown whether the commit happened.</exception>
    /// <remarks>It cannot be cancelled. All bytes are there, and the client may already expect the file.</remarks>
    public async Task<ChangeResult?> RunAsync(WriteIntent intent, FileCommit commit, CancellationToken lost, Func<Task<ChangeResult>>? inline = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (lost.IsCancellationRequested)
                return null;
            MayHaveHappened = true;
            ChangeResult? answer = null;
            StorageException? unanswered = null;
            try
            {
                answer = inline is null
                    ? await catalog.CommitAsync(owner, fileId, intent, commit, CancellationToken.None)
                    : await inline();
            }
            // An inline commit that meets a full disk is rolled back.
            catch (StorageException failure) when (inline is null || failure.Failure != StorageFailure.Full)
            {
                LogLostAnswer(fileId, attempt, failure.Reason);
                unanswered = failure;
            }
            if (answer is { Outcome: ChangeOutcome.Done } done)
            {
                HasHappened = true;
                return done;
            }
            if (answer is not null && attempt == 1)
            {
                // A refusal is an answer: nothing was committed, and nothing is under way.
                MayHaveHappened = false;
            }
            else
            {
                // An earlier attempt may have succeeded, with its answer lost. Then this refusal is due to that attempt.
                var fate = await catalog.FindFateAsync(owner, fileId, intent, CancellationToken.None);
                // Inline commits have no intent, so "lost" means "not yet": try again.
                switch (fate == WriteFate.Lost && inline is not null ? WriteFate.Open : fate)
                {
                    case WriteFate.Committed:
                        return await AnswerAgainAsync(intent, commit);
                    case WriteFate.Open when unanswered is not null && attempt < Attempts:
                        await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), time, CancellationToken.None);
                        continue;
                    case WriteFate.Open when unanswered is not null:
                        throw new StorageException(unanswered.Failure, $"The commit of file {fileId} got no answer {attempt} times.", unanswered);
                    default:
                        break;
                }
            }
            return answer is { Outcome: not ChangeOutcome.NotFound } refusal ? refusal : null;
        }
    }

    /// <summary>
    /// Makes the lost answer: the file as this commit left it, without later changes. The current version may be of another commit. A
    /// client that named it as a precondition would overwrite a content that it has never seen.
    /// </summary>
    /// <exception cref="StorageException">
    /// The file was deleted since, or the content was pruned, so the result of the commit is unknown. The answer "not found" would claim
    /// that nothing was written, although the file can be restored from the trash.
    /// </exception>
    private async Task<ChangeResult> AnswerAgainAsync(WriteIntent intent, FileCommit commit)
    {
        HasHappened = true;
        var history = await files.FindHistoryAsync(owner, fileId, CancellationToken.None);
        // The oldest content with this blob; a newer one was restored from it.
        if (history?.Contents.LastOrDefault(content => content.BlobId == intent.BlobId) is not { } content)
            throw new StorageException(StorageFailure.Unavailable, $"Blob {intent.BlobId} of file {fileId} was committed, and is not there any more.");
        var file = history.File;
        return new ChangeResult(ChangeOutcome.Done, file with
        {
            Content = content,
            Version = content.Version,
            UpdatedAt = content.CreatedAt,
            // Earlier names and tags are not kept, so those that this commit did not set are given as they are now.
            Name = commit.Name ?? file.Name,
            Tags = commit.Tags ?? file.Tags,
        });
    }

    [LoggerMessage(LogLevel.Warning, "The answer to commit {Attempt} of file {File} was lost. {Reason}")]
    private partial void LogLostAnswer(Guid file, int attempt, string reason);
}
