using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

// Changes of a file that need a claimed place.
internal sealed partial class FolderProtocol
{
    /// <summary>The place of a new file. It never replaces another file: its content becomes the other's new version, which needs another commit.</summary>
    public static Target TargetOfNew(Guid folder, FileCommit commit) =>
        new(folder, commit.Name ?? "", commit.OnConflict == OnConflict.Rename ? OnConflict.Rename : OnConflict.Fail) { Held = commit.Held };

    /// <summary>The place that a change asks for.</summary>
    public static Choice TargetOf(FileDocument file, Guid? folder, string? name, OnConflict onConflict, LockTokens held) =>
        new((folder ?? file.Place.Folder) is { } target ? new Target(target, name ?? file.Name ?? "", onConflict) { Held = held } : null);

    /// <summary>The place that was chosen for a file.</summary>
    /// <param name="Target">The place; null if the file stays loose.</param>
    /// <param name="Refusal">The reason to refuse the change; null if there is none.</param>
    public readonly record struct Choice(Target? Target, ChangeOutcome? Refusal = null);

    /// <summary>Changes a file by a rule that needs a claimed place. A file that has moved meanwhile is looked at again.</summary>
    /// <param name="id">The file.</param>
    /// <param name="known">The file as it is or was; null if it must be found.</param>
    /// <param name="choose">Chooses the place.</param>
    /// <param name="rule">The rule.</param>
    public async ValueTask<ChangeResult> PlaceFileAsync(
        Guid id, FileDocument? known, Func<FolderProtocol, FileDocument, ValueTask<Choice>> choose,
        Func<FileDocument, Placement?, DateTimeOffset, Decision<ChangeResult>> rule)
    {
        var before = known ?? await steps.RecallFileAsync(id);
        for (var tries = 0; before is not null && tries < MaxTries; tries++)
        {
            var result = default(ChangeResult);
            var (target, refusal) = await choose(this, before);
            if (refusal is { } reason)
            {
                // Only the current state is a reason to refuse.
                if (tries > 0)
                    return new ChangeResult(reason);
                result = new ChangeResult(ChangeOutcome.Stale);
            }
            else if (target is null)
                result = await SaveAsync(null);
            else if (await PlaceAsync(
                before, target, async placement => (result = await SaveAsync(placement)).Outcome, async placement => (await DecideAsync(placement)).Outcome)
                is var outcome and not ChangeOutcome.Done)
                result = new ChangeResult(outcome);
            if (result.Outcome != ChangeOutcome.Stale)
                return result;
            // It may have met its own dead predecessor's claim.
            before = await steps.LoadFileAsync(id);
        }
        return before is null
            ? new ChangeResult(ChangeOutcome.NotFound)
            : throw new StorageException(StorageFailure.Unavailable, $"File {id} moves again and again.");

        ValueTask<ChangeResult> SaveAsync(Placement? placement) => steps.ChangeFileAsync(id, (file, now) => Decide(file, placement, now));

        ValueTask<ChangeResult> DecideAsync(Placement placement) => steps.ChangeFileAsync(
            id, (file, now) => new Decision<ChangeResult>(Decide(file, placement, now).Answer));

        Decision<ChangeResult> Decide(FileDocument? file, Placement? placement, DateTimeOffset now) =>
            file is null ? new(new ChangeResult(ChangeOutcome.NotFound)) : rule(file, placement, now);
    }
}
