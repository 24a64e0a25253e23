using CsCheck;
using FileDrop.Api.Catalog;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>The operations of the catalog on a file.</summary>
internal enum Verb
{
    Create, Replace, Commit, Abandon, Renew, Fate, Reserve, Change, RestoreVersion, DeleteVersion, Delete, Restore, Purge, Claim, Sweep, Repeat,
    History, RecordCrc, BeginUpload, TakeUpload, Step, FinishUpload, EndUpload, FindUpload, Wait,
}

/// <summary>One operation of a random sequence.</summary>
/// <param name="Verb">The operation.</param>
/// <param name="File">The index of the file: 0 or 1.</param>
/// <param name="Number">0 to 9: selects a blob, a version, a size or a variant, depending on the operation.</param>
/// <param name="Flag">Selects another variant.</param>
internal sealed record CatalogOperation(Verb Verb, int File, int Number, bool Flag)
{
    private static readonly Gen<Verb> s_verb = Gen.Frequency(
        (1, Gen.OneOf(Verb.Create, Verb.BeginUpload)),
        (5, Gen.Const(Verb.Replace)),
        (6, Gen.Const(Verb.Commit)),
        (8, Gen.OneOf(Verb.Change, Verb.RestoreVersion, Verb.DeleteVersion, Verb.Delete, Verb.Restore, Verb.Restore, Verb.Purge)),
        (4, Gen.OneOf(Verb.Abandon, Verb.Renew, Verb.Fate, Verb.Reserve, Verb.Repeat, Verb.History, Verb.RecordCrc)),
        (5, Gen.OneOf(Verb.Claim, Verb.Sweep, Verb.Wait)),
        (5, Gen.OneOf(Verb.TakeUpload, Verb.Step, Verb.Step, Verb.FinishUpload, Verb.EndUpload, Verb.FindUpload)));

    /// <summary>Sequences that begin with a file of one version and a resumable upload.</summary>
    public static Gen<CatalogOperation[]> Sequence { get; } =
        Gen.Select(s_verb, Gen.Int[0, 1], Gen.Int[0, 9], Gen.Bool, (verb, file, number, flag) => new CatalogOperation(verb, file, number, flag))
            .Array[1, 60].Select(operations => (CatalogOperation[])
            [
                new(Verb.Create, 0, 2, false), new(Verb.Commit, 0, 2, false), new(Verb.BeginUpload, 1, 2, true), .. operations,
            ]);

    public override string ToString() => $"{Verb} {File} {Number} {(Flag ? "!" : "")}".TrimEnd();
}

/// <summary>A file as its client knows it: its id, and the blobs begun for it.</summary>
internal sealed class KnownFile
{
    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public List<WriteIntent> Intents { get; } = [];

    public IReadOnlyList<BlobDeletion> Claimed { get; set; } = [];

    /// <summary>Replaces the file by a new one.</summary>
    public void Renew()
    {
        Id = Guid.CreateVersion7();
        Intents.Clear();
        Claimed = [];
    }

    public WriteIntent Begin()
    {
        Intents.Add(NewIntent());
        return Intents[^1];
    }

    /// <summary>Mostly the last intent, sometimes an earlier one.</summary>
    public WriteIntent Intent(int number) => Intents.Count == 0 ? new WriteIntent(Guid.Empty, 1) : Intents[^(number < 6 ? 1 : 1 + (number % Intents.Count))];
}
