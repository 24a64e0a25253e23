using System.Collections.Immutable;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>An entry of a client's tree.</summary>
/// <param name="Folder">The folder that it is in, or was in when it went to the trash.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">A file's hash; null for a folder.</param>
/// <param name="IsTrashed">Whether it was deleted by itself.</param>
internal sealed record KillEntry(int Folder, string Name, long Version, string? Sha256, bool IsTrashed = false)
{
    public bool IsFolder => Sha256 is null;
}

/// <summary>A client's tree as it must be after some requests, below a folder that is never changed.</summary>
/// <param name="Entries">The entries by the client's own numbers, since the ids of lost answers are not known.</param>
internal sealed record KillTree(ImmutableDictionary<int, KillEntry> Entries)
{
    public const int Top = 0;

    public static readonly KillTree Empty = new(ImmutableDictionary<int, KillEntry>.Empty);

    public KillEntry this[int number] => Entries[number];

    public KillTree With(int number, KillEntry entry) => new(Entries.SetItem(number, entry));

    public KillTree Trash(int number) => With(number, Entries[number] with { IsTrashed = true });

    /// <summary>Puts an entry into a folder. This is a new version, unless the entry returns to its place.</summary>
    public KillTree Place(int number, int folder, string name)
    {
        var entry = Entries[number];
        var returns = entry.IsTrashed && entry.Folder == folder && entry.Name == name;
        return With(number, entry with { Folder = folder, Name = name, IsTrashed = false, Version = entry.Version + (returns ? 0 : 1) });
    }

    /// <summary>Removes an entry with everything that went to the trash with it. Entries below that were deleted before stay in the trash.</summary>
    public KillTree Purge(int number) => Entries.Where(each => each.Value.Folder == number && !each.Value.IsTrashed).Select(each => each.Key)
        .Aggregate(this, (tree, child) => tree.Purge(child)) is var rest ? new(rest.Entries.Remove(number)) : this;

    /// <summary>Whether an entry and all folders above it are live.</summary>
    public bool IsLive(int number) => number == Top || (Entries.TryGetValue(number, out var entry) && !entry.IsTrashed && IsLive(entry.Folder));

    /// <summary>Whether an entry is a folder or lies below it.</summary>
    public bool IsWithin(int number, int folder) => number == folder || (Entries.TryGetValue(number, out var entry) && IsWithin(entry.Folder, folder));

    /// <summary>The entry that has a name in a folder; null if the name is free.</summary>
    public int? At(int folder, string name) =>
        Entries.Where(each => !each.Value.IsTrashed && each.Value.Folder == folder && each.Value.Name == name).Select(each => (int?)each.Key).FirstOrDefault();

    public string PathOf(int number) => number == Top ? "" : $"{PathOf(Entries[number].Folder)}/{Entries[number].Name}";

    /// <summary>All entries that a client can see, a line each.</summary>
    public IReadOnlyList<string> Describe() =>
    [
        .. Entries.Where(each => each.Value.IsTrashed || IsLive(each.Key))
            .Select(each => Line(each.Value.IsTrashed ? $"trash {each.Value.Name}" : PathOf(each.Key), each.Value.Version, each.Value.Sha256))
            .Order(StringComparer.Ordinal),
    ];

    public static string Line(string place, long version, string? sha256) => $"{place} v{version} {sha256 ?? "folder"}";
}
