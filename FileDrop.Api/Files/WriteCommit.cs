using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>The commit of one written blob. An answer that gets lost is looked up: the document knows whether the commit happened.</summary>
internal sealed partial class WriteCommit(IFileCatalog catalog, string owner, Guid fileId, TimeProvider time, ILogger log)
{
    private const int Attempts = 5;

    /// <summary>Whether a commit may have happened: from here on the blob may be somebody's file, whatever we know of it.</summary>
    public bool MayHaveHappened { get; private set; }

    /// <summary>Whether the commit is known to have happened.</summary>
    public bool HasHappened { get; private set; }

    /// <summary>Commits the blob.</summary>
    /// <param name="intent">The blob.</param>
    /// <param name="commit">What becomes of it.</param>
    /// <param name="lost">The lease was lost: another attempt is pointless.</param>
    /// <param name="inline">Commits it with its bytes, which are in no blob store yet; null: they are in one.</param>
    /// <returns>Done, with the file, or a version mismatch; null: it was refused, because the intent is not in the document any more.</returns>
    /// <exception cref="StorageException">Whether it happened could not be found out.</exception>
    /// <remarks>Not cancellable: all bytes are there, and a client that is gone may have been told to expect them.</remarks>
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
                // A refusal is an answer: nothing was committed, nothing is under way.
                MayHaveHappened = false;
            }
            else
            {
                // A later refusal may come from an earlier attempt, whose answer was lost, that came through after all.
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
            return answer is { Outcome: ChangeOutcome.VersionMismatch } mismatch ? mismatch : null;
        }
    }

    /// <summary>
    /// The answer that got lost: the file as this commit left it, whatever followed. The version that it has by now may be
    /// another's, and a client that named it in If-Match would overwrite what it has never seen.
    /// </summary>
    /// <exception cref="StorageException">
    /// The file was deleted since, or the content pruned: how the commit left it is not known any more. A 404 would say that
    /// nothing was written, though the trash can bring it back.
    /// </exception>
    private async Task<ChangeResult> AnswerAgainAsync(WriteIntent intent, FileCommit commit)
    {
        HasHappened = true;
        var history = await catalog.FindHistoryAsync(owner, fileId, CancellationToken.None);
        // The oldest with this blob: a newer one was restored from it.
        if (history?.Contents.LastOrDefault(content => content.BlobId == intent.BlobId) is not { } content)
            throw new StorageException(StorageFailure.Unavailable, $"Blob {intent.BlobId} of file {fileId} was committed, and is not there any more.");
        var file = history.File;
        return new ChangeResult(ChangeOutcome.Done, file with
        {
            Content = content,
            Version = content.Version,
            UpdatedAt = content.CreatedAt,
            // Of earlier names and tags nothing is kept: what this commit left as they were is told as it is now.
            Name = commit.Name ?? file.Name,
            Tags = commit.Tags ?? file.Tags,
        });
    }

    [LoggerMessage(LogLevel.Warning, "The answer to commit {Attempt} of file {File} was lost. {Reason}")]
    private partial void LogLostAnswer(Guid file, int attempt, string reason);
}
