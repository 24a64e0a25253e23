using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>The checker accepts possible histories of places, and rejects each kind of impossible one.</summary>
public sealed class PathHistoryTests
{
    private const string Root = "/";

    private static readonly PathOperation s_created = new("a", PathVerb.Create, 0, 10, 1, Root, "x");
    private static readonly PathOperation s_other = new("b", PathVerb.Create, 20, 30, 1, Root, "x");
    private static readonly PathOperation s_folder = new("f", PathVerb.Create, 0, 5, 1, Root, "f");
    private static readonly PathEnd s_end = new("a", PathState.Live, Root, "x", 1);

    public static TheoryData<string, PathOperation[], PathEnd[]> Possible => new()
    {
        { "nothing happens", [s_created], [s_end] },
        { "a rename", [s_created, Placed("a", 20, 30, 2, Root, "y")], [s_end with { Name = "y", Version = 2 }] },
        { "a name passes on", [s_created, Placed("a", 12, 30, 2, Root, "y"), s_other], [s_end with { Name = "y", Version = 2 }, s_end with { Entry = "b" }] },
        { "an entry is replaced", [s_created, s_other with { Replaces = true }], [s_end with { State = PathState.Trash }, s_end with { Entry = "b" }] },
        { "a name is free after a deletion", [s_created, Trashed("a", 12, 19), s_other], [s_end with { State = PathState.Trash }, s_end with { Entry = "b" }] },
        { "a restoration in place", [s_created, Trashed("a", 20, 30), Restored("a", 40, 50, 1, Root, "x")], [s_end] },
        { "a restoration elsewhere", [s_created, Trashed("a", 20, 30), Restored("a", 40, 50, 2, Root, "y")], [s_end with { Name = "y", Version = 2 }] },
        { "a deletion beside a restoration", [s_created, Trashed("a", 20, 50), Restored("a", 30, 40, 1, Root, "x")], [s_end] },
        { "a lost answer that came to nothing", [s_created, Placed("a", 20, long.MaxValue, 0, Root, "y")], [s_end] },
        { "a lost answer that came true", [s_created, Placed("a", 20, long.MaxValue, 0, Root, "y")], [s_end with { Name = "y", Version = 2 }] },
        { "carried", [s_created with { Folder = "f" }, s_folder, Trashed("f", 20, 30)], [s_end with { State = PathState.Carried, Folder = "f" }, FolderEnd(PathState.Trash)] },
    };

    public static TheoryData<string, PathOperation[], PathEnd[]> Impossible => new()
    {
        { "made before something", [s_created, Placed("a", 20, 30, 2, Root, "y")], [s_end] },
        { "nobody made version 2", [s_created], [s_end with { Name = "y", Version = 2 }] },
        { "but this was read", [s_created], [s_end with { Folder = "f" }, FolderEnd(PathState.Live)] },
        { "two changes made version 2", [s_created, Placed("a", 20, 30, 2, Root, "y"), Placed("a", 20, 30, 2, Root, "z")], [s_end with { Name = "y", Version = 2 }] },
        { "two entries have one name", [s_created, s_other], [s_end, s_end with { Entry = "b", Name = "z" }] },
        { "2 live entries are called x", [s_created, s_other], [s_end, s_end with { Entry = "b" }] },
        { "is gone", [s_created], [] },
        { "nobody deleted it", [s_created], [s_end with { State = PathState.Trash }] },
        { "is live, but was deleted", [s_created, Trashed("a", 20, 30)], [s_end] },
        { "is live, but was deleted", [s_created, Restored("a", 12, 15, 1, Root, "x"), Trashed("a", 20, 30)], [s_end] },
        { "no path leads to it", [s_created with { Folder = "f" }, s_folder], [s_end with { Folder = "f" }, FolderEnd(PathState.Live) with { Folder = "f" }] },
        { "a folder that is not there", [s_created with { Folder = "f" }, s_folder], [s_end with { State = PathState.Carried, Folder = "f" }, FolderEnd(PathState.Live)] },
    };

    [Theory]
    [MemberData(nameof(Possible))]
    public void A_possible_history_is_accepted(string what, PathOperation[] history, PathEnd[] ends) =>
        Assert.True(Check(history, ends) is [], $"{what}: {string.Join(", ", Check(history, ends))}");

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_impossible_history_is_rejected(string reason, PathOperation[] history, PathEnd[] ends) =>
        Assert.Contains(Check(history, ends), fault => fault.Contains(reason, StringComparison.Ordinal));

    private static IReadOnlyList<string> Check(PathOperation[] history, PathEnd[] ends) => PathHistory.Check(history, ends, Root);

    private static PathOperation Placed(string entry, long start, long end, long version, string folder, string name) =>
        new(entry, PathVerb.Place, start, end, version, folder, name);

    private static PathOperation Restored(string entry, long start, long end, long version, string folder, string name) =>
        new(entry, PathVerb.Restore, start, end, version, folder, name);

    private static PathOperation Trashed(string entry, long start, long end) => new(entry, PathVerb.Trash, start, end);

    private static PathEnd FolderEnd(PathState state) => new("f", state, Root, "f", 1);
}
