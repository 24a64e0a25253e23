using System.Text;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Rules of a sync that need no service: names, ignores, and plans for file systems that differ.</summary>
public sealed class SyncRuleTests
{
    private static readonly SyncNames s_names = Names();

    [Fact]
    public void The_copy_of_a_conflict_keeps_its_extension_fits_into_255_bytes_and_takes_no_name_in_use()
    {
        Assert.Equal("report (conflict, host, 2026-11-30).pdf", s_names.Conflict("report.pdf", _ => false));
        Assert.Equal(".profile (conflict, host, 2026-11-30)", s_names.Conflict(".profile", _ => false));
        Assert.Equal("a (conflict, host, 2026-11-30 2)", s_names.Conflict("a", name => !name.EndsWith("2)", StringComparison.Ordinal)));
        var longest = s_names.Conflict($"{new string('灯', 83)}.pdf", _ => false);
        Assert.InRange(Encoding.UTF8.GetByteCount(longest), 250, 255);
        Assert.EndsWith("(conflict, host, 2026-11-30).pdf", longest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CON", true)]
    [InlineData("com1.txt", true)]
    [InlineData("a:b", true)]
    [InlineData("dot.", true)]
    [InlineData("space ", true)]
    [InlineData("console", false)]
    [InlineData("a b.c", false)]
    public void Windows_cannot_have_some_names_which_others_can(string name, bool isRefused)
    {
        Assert.Equal(isRefused, IgnoreRules.RefuseHere(name, onWindows: true) is not null);
        Assert.Null(IgnoreRules.RefuseHere(name, onWindows: false));
    }

    [Theory]
    [InlineData("back\\slash")]
    [InlineData("line\nbreak")]
    [InlineData("not\uFFFDutf8")]
    public void The_service_cannot_have_some_local_names(string name) => Assert.NotNull(IgnoreRules.RefuseAtService(name));

    [Fact]
    public void Patterns_follow_gitignore()
    {
        var rules = new IgnoreRules(["# comment", "", "*.log", "!keep.log", "/top", "build/", "docs/**/tmp"]);
        Assert.True(rules.IsIgnored("a/b.log", isFolder: false));
        Assert.False(rules.IsIgnored("a/keep.log", isFolder: false));
        Assert.True(rules.IsIgnored("top", isFolder: false));
        Assert.False(rules.IsIgnored("a/top", isFolder: false));
        Assert.True(rules.IsIgnored("a/build", isFolder: true));
        Assert.False(rules.IsIgnored("a/build", isFolder: false));
        Assert.True(rules.IsIgnored("docs/a/b/tmp", isFolder: false));
    }

    [Fact]
    public void Where_upper_and_lower_case_are_the_same_the_second_name_is_left_alone()
    {
        var (upper, lower) = (Remote("README", "1"), Remote("readme", "2"));
        var plan = Plan(Names(foldsCase: true), [upper, lower], Top());
        Assert.Equal("README", Assert.Single(plan.Actions).Name);
        Assert.Equal("readme", Assert.Single(plan.Skipped).Path);
        Assert.Equal(2, Plan(s_names, [upper, lower], Top()).Actions.Count);
    }

    [Fact]
    public void Names_in_either_form_of_Unicode_are_the_same()
    {
        var plan = Plan(s_names, [Remote("\u00e9", "1")], Top(), new LocalNode(0, EntryKind.File, "e\u0301", new Stamp(2, 1, 1), "1"));
        Assert.Equal(Step.Record, Assert.Single(plan.Actions).Step);
    }

    [Fact]
    public void An_older_version_of_a_service_that_returned_to_a_backup_replaces_no_newer_local_file()
    {
        var remote = Remote("file", "old") with { Version = 1 };
        var synced = new SyncedNode(remote.Id, EntryKind.File, remote.Parent, "file", 3, "new", new Stamp(2, 3, 1));
        var plan = Plan(s_names, [remote], [synced], Top(), new LocalNode(0, EntryKind.File, "file", new Stamp(2, 3, 1), "new"));
        Assert.Equal([Step.Forget, Step.MoveLocal, Step.Download, Step.Upload], plan.Actions.Select(action => action.Step));
        Assert.True(plan.Actions[1].IsConflict);
    }

    [Fact]
    public void A_folder_that_cannot_be_read_is_not_an_empty_one()
    {
        var folder = new RemoteNode(Guid.NewGuid(), EntryKind.Folder, DropFolder.Root, "folder", 1);
        var file = Remote("file", "1") with { Parent = folder.Id };
        SyncedNode[] synced =
        [
            new(folder.Id, EntryKind.Folder, folder.Parent, "folder", 1, null, new Stamp(2, 0, 0)), new(file.Id, EntryKind.File, folder.Id, "file", 1, "1", new Stamp(3, 1, 1)),
        ];
        var plan = Plan(s_names, [folder, file], synced, Top(), new LocalNode(0, EntryKind.Folder, "folder", new Stamp(2, 0, 0), Skip: "It cannot be read."));
        Assert.Empty(plan.Actions);
        Assert.Equal("folder", Assert.Single(plan.Skipped).Path);
    }

    private static SyncNames Names(bool foldsCase = false) => new("host", new DateOnly(2026, 11, 30), "12345678", foldsCase);

    private static LocalNode Top() => new(-1, EntryKind.Folder, "", new Stamp(1, 0, 0));

    private static RemoteNode Remote(string name, string digest) => new(Guid.NewGuid(), EntryKind.File, DropFolder.Root, name, 1, digest, 1);

    private static Plan Plan(SyncNames names, RemoteNode[] remote, params LocalNode[] local) => Plan(names, remote, [], local);

    private static Plan Plan(SyncNames names, RemoteNode[] remote, SyncedNode[] synced, params LocalNode[] local) => Planner.Make(new PlanInput
    {
        Root = DropFolder.Root,
        Remote = remote.ToDictionary(node => node.Id),
        Synced = synced.ToDictionary(node => node.Id),
        Local = local,
        Names = names,
    });
}
