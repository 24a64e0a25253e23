using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>The checker accepts exactly the possible histories.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly Operation Created = new(Verb.Create, Answer.Done, 0, 10, 1, "A", "a");

    public static TheoryData<string, Operation[]> Possible => new()
    {
        { "one after the other", [Created, Read(20, 30, 1, "A"), Replaced(40, 50, 2, "B"), Read(60, 70, 2, "B")] },
        { "a read beside a change sees the old", [Created, Replaced(20, 50, 2, "B"), Read(30, 40, 1, "A")] },
        { "a read beside a change sees the new", [Created, Replaced(20, 50, 2, "B"), Read(30, 40, 2, "B"), Read(41, 60, 2, "B")] },
        { "of two changes at once the later begun comes first", [Created, Replaced(20, 50, 3, "B"), Replaced(30, 40, 2, "C"), Read(60, 70, 3, "B")] },
        { "a rename keeps the content", [Created, Renamed(20, 30, 2, "b"), Read(40, 50, 2, "A", "b")] },
        { "a refusal after another's change", [Created, Replaced(20, 30, 2, "B"), Refused(40, 50, 1)] },
        { "a refusal beside another's change", [Created, Replaced(20, 50, 2, "B"), Refused(30, 40, 1)] },
        { "a lost answer that did nothing", [Created, Lost(20, 30, "B"), Read(40, 50, 1, "A"), Replaced(60, 70, 2, "C")] },
        { "a lost answer that is seen", [Created, Lost(20, 30, "B"), Read(40, 50, 2, "B")] },
        { "a lost answer that comes later", [Created, Lost(20, 30, "B"), Read(40, 50, 1, "A"), Read(60, 70, 2, "B")] },
        { "of two lost answers one is seen", [Created, Lost(20, 30, "B"), Lost(20, 30, "C"), Read(40, 50, 2, "C")] },
        { "of two lost answers a rename keeps one", [Created, Lost(20, 30, "B"), Lost(20, 30, "C"), Renamed(40, 50, 3, "c", "B")] },
        { "a lost answer explains a refusal", [Created, Lost(20, 30, "B"), Refused(40, 50, 1)] },
        { "nothing is found after a deletion", [Created, Deleted(20, 30), Missing(40, 50)] },
        { "nothing is found beside a deletion", [Created, Deleted(20, 50), Missing(30, 40), Read(20, 40, 1, "A")] },
        { "a lost deletion", [Created, Deleted(20, 30) with { Answer = Answer.Unknown }, Read(40, 50, 1, "A"), Missing(60, 70)] },
        { "a lost deletion that did nothing", [Created, Deleted(20, 30) with { Answer = Answer.Unknown }, Deleted(40, 50)] },
    };

    public static TheoryData<string, Operation[]> Impossible => new()
    {
        { "was read before it was made", [Created, Replaced(40, 50, 2, "B"), Read(20, 30, 2, "B")] },
        { "version 2 was made before something", [Created, Replaced(20, 30, 2, "B"), Read(40, 50, 1, "A")] },
        { "was read before it was made", [Created, Replaced(20, 60, 2, "B"), Read(25, 30, 2, "B"), Read(40, 50, 1, "A")] },
        { "but this was read", [Created, Replaced(20, 30, 2, "B"), Read(40, 50, 2, "A")] },
        { "but this was read", [Created, Renamed(20, 30, 2, "b"), Read(40, 50, 2, "A", "a")] },
        { "two changes made version 2", [Created, Replaced(20, 30, 2, "B"), Replaced(20, 30, 2, "C")] },
        { "version 3 was made before something", [Created, Replaced(40, 50, 2, "B"), Replaced(20, 30, 3, "C")] },
        { "nobody made version 2", [Created, Replaced(20, 30, 3, "B")] },
        { "nobody made version 2", [Created, Read(20, 30, 2, "B")] },
        { "the change left another content", [Created, Renamed(20, 30, 2, "b", "B")] },
        { "If-Match named another version than the one", [Created, Replaced(20, 30, 2, "B"), Replaced(40, 50, 3, "C") with { IfVersion = 1 }] },
        { "If-Match was refused though", [Created, Refused(20, 30, 1), Replaced(40, 50, 2, "B")] },
        { "nobody made version 2", [Created, Refused(20, 30, 1)] },
        { "nobody had seen", [Created, Refused(5, 30, 1), Replaced(20, 30, 2, "B")] },
        { "can have made version 2", [Created, Lost(20, 30, "B"), Read(40, 50, 2, "C")] },
        { "can have made version 2", [Created, Read(20, 30, 2, "B"), Lost(40, 50, "B")] },
        { "nobody made version 3", [Created, Lost(20, 30, "B"), Read(40, 50, 2, "B"), Read(60, 70, 3, "B")] },
        { "something was done after the deletion", [Created, Deleted(20, 30), Read(40, 50, 1, "A")] },
        { "something was done after the deletion", [Created, Deleted(20, 30), Replaced(40, 50, 2, "B")] },
        { "something was done after the deletion", [Created, Replaced(20, 30, 2, "B"), Deleted(40, 50), Refused(60, 70, 1)] },
        { "was deleted later", [Created, Missing(20, 30), Deleted(40, 50)] },
        { "nobody deleted it", [Created, Missing(20, 30)] },
        { "deleted twice", [Created, Deleted(20, 30), Deleted(20, 30)] },
        { "another version than the last", [Created, Replaced(20, 30, 2, "B"), Deleted(40, 50) with { IfVersion = 1 }] },
        { "begins with its creation", [Created, Created with { Start = 20, End = 30, Version = 2 }] },
        { "ended before it began", [Created with { Start = 20 }] },
    };

    [Theory]
    [MemberData(nameof(Possible))]
    public void A_possible_history_is_accepted(string what, Operation[] history) => Assert.True(HistoryChecker.Check(history) is null, what);

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_impossible_history_is_rejected(string reason, Operation[] history) =>
        Assert.Contains(reason, HistoryChecker.Check(history) ?? "nothing", StringComparison.Ordinal);

    private static Operation Read(long start, long end, long version, string content, string? name = null) =>
        new(Verb.Read, Answer.Done, start, end, version, content, name);

    private static Operation Replaced(long start, long end, long version, string content) =>
        new(Verb.Replace, Answer.Done, start, end, version, content, SeenContent: content);

    private static Operation Renamed(long start, long end, long version, string name, string? seen = null) =>
        new(Verb.Rename, Answer.Done, start, end, version, Name: name, SeenContent: seen);

    private static Operation Lost(long start, long end, string content) => new(Verb.Replace, Answer.Unknown, start, end, Content: content);

    private static Operation Refused(long start, long end, long named) =>
        new(Verb.Replace, Answer.Refused, start, end, Content: "R", IfVersion: named);

    private static Operation Deleted(long start, long end) => new(Verb.Delete, Answer.Done, start, end);

    private static Operation Missing(long start, long end) => new(Verb.Read, Answer.Missing, start, end);
}
