using CsCheck;
using FileDrop.Api.Catalog;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>What can be asked of the catalog about a file.</summary>
internal enum Verb
{
    Create, Replace, Commit, Abandon, Renew, Fate, Reserve, Change, RestoreVersion, DeleteVersion, Delete, Restore, Purge, Claim, Sweep, Repeat,
    History, BeginUpload, TakeUpload, Step, FinishUpload, EndUpload, FindUpload, Wait,
}

/// <summary>One operation of a random sequence.</summary>
/// <param name="Verb">What is done.</param>
/// <param name="File">To which of a few files.</param>
/// <param name="Number">0 to 9: a blob, a version, a size, or which variant of the operation, as it needs one.</param>
/// <param name="Flag">Another variant.</param>
internal sealed record CatalogOperation(Verb Verb, int File, int Number, bool Flag)
{
    public const int Files = 3;

    private static readonly Gen<Verb> s_verb = Gen.Frequency(
        (4, Gen.OneOf(Verb.Create, Verb.Replace)),
        (6, Gen.Const(Verb.Commit)),
        (5, Gen.OneOf(Verb.Change, Verb.RestoreVersion, Verb.DeleteVersion, Verb.Delete, Verb.Restore, Verb.Purge)),
        (3, Gen.OneOf(Verb.Abandon, Verb.Renew, Verb.Fate, Verb.Reserve, Verb.Repeat, Verb.History)),
        (3, Gen.OneOf(Verb.Claim, Verb.Sweep, Verb.Wait)),
        (4, Gen.OneOf(Verb.BeginUpload, Verb.TakeUpload, Verb.Step, Verb.FinishUpload, Verb.EndUpload, Verb.FindUpload)));

    public static Gen<CatalogOperation[]> Sequence { get; } =
        Gen.Select(s_verb, Gen.Int[0, Files - 1], Gen.Int[0, 9], Gen.Bool, (verb, file, number, flag) => new CatalogOperation(verb, file, number, flag))
            .Array[1, 60];

    public override string ToString() => $"{Verb} {File} {Number} {(Flag ? "!" : "")}".TrimEnd();
}

/// <summary>A file as the one who asks knows it: by its id, and the blobs that were begun for it.</summary>
internal sealed class KnownFile
{
    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public List<WriteIntent> Intents { get; } = [];

    public IReadOnlyList<BlobDeletion> Claimed { get; set; } = [];

    /// <summary>Another file takes this one's place.</summary>
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

    public WriteIntent Intent(int number) => Intents.Count == 0 ? new WriteIntent(Guid.Empty, 1) : Intents[number % Intents.Count];
}
