using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>Two local copies, the service, and people who work on all three at once. A sync can be killed at any step.</summary>
internal sealed class ModelWorld
{
    private static readonly string[] s_names = ["a", "b", "c"];

    private static readonly Kill[] s_kills = [Kill.After, Kill.Before, Kill.Late];

    private readonly Choices _choices;
    private readonly ModelService _service = new();
    private readonly ModelCopy[] _copies;
    private readonly HashSet<string> _written = [];
    private readonly HashSet<string> _deleted = [];
    private readonly List<string> _log = [];
    private int _contents;

    private ModelWorld(Choices choices) => (_choices, _copies) = (choices, [new ModelCopy(_service, "one"), new ModelCopy(_service, "two")]);

    /// <summary>Runs until the choices end, then lets both copies sync in peace, and checks the end.</summary>
    public static void Run(byte[] bytes)
    {
        var world = new ModelWorld(new Choices(bytes));
        try
        {
            while (world._choices.AreLeft)
                world.Turn();
            while (world._service.Late.TryDequeue(out var arrives))
                arrives();
            world.Settle();
            world.Check();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{string.Join('\n', world._log)}\n{world.Show()}", failure);
        }
    }

    private void Turn()
    {
        if (_service.Late.Count > 0 && _choices.Below(3) == 0)
        {
            _log.Add("a request arrives");
            _service.Late.Dequeue()();
        }
        switch (_choices.Below(8))
        {
            case < 3:
                ActLocally(_choices.Below(2));
                break;
            case < 5:
                ActRemotely();
                break;
            default:
                SyncSomewhat(_choices.Below(2));
                break;
        }
    }

    /// <summary>Makes a plan, and takes its steps while others work, perhaps up to a kill before or after the effect of one.</summary>
    private void SyncSomewhat(int which)
    {
        var plan = _copies[which].Plan();
        var (disturbs, end) = (_choices.Below(4) == 0, _choices.Below(8));
        var step = 0;
        _log.Add($"{which} syncs: {string.Join(", ", plan.Actions.Select(action => $"{action.Step} {action.Unit.Path} -> {action.Name}"))}; killed at {end}, disturbed {disturbs}");
        _copies[which].Run(plan, action =>
        {
            if (disturbs && step <= end && _choices.Below(2) == 0)
                Disturb(which);
            // Several contents are on their way at the end.
            var kill = step++ < end ? Kill.None : _choices.OneOf(s_kills);
            if (kill != Kill.None)
                _log.Add($"killed {kill} {action.Step} {action.Unit.Path}");
            return kill;
        });
    }

    private void Disturb(int which)
    {
        switch (_choices.Below(3))
        {
            case 0:
                ActLocally(which);
                break;
            case 1:
                ActRemotely();
                break;
            default:
                _copies[1 - which].Run(_copies[1 - which].Plan());
                break;
        }
    }

    private void ActLocally(int which)
    {
        var disk = _copies[which].Disk;
        var (all, folders) = (disk.Entries.Values.OrderBy(entry => entry.Inode).ToList(), Folders());
        var (verb, name) = (_choices.Below(8), _choices.OneOf(s_names));
        if (verb < 3 || all.Count == 0)
        {
            var (parent, kind) = (_choices.OneOf(folders), verb == 0 ? EntryKind.Folder : EntryKind.File);
            if (disk.IsFree(parent, name))
                _log.Add($"local {which}: create {kind} {disk.PathOf(disk.Create(kind, parent, name, kind == EntryKind.File ? Write() : null)?.Inode ?? 0)}");
            return;
        }
        var entry = _choices.OneOf(all);
        _log.Add($"local {which}: {verb} {disk.PathOf(entry.Inode)} {name}");
        switch (verb)
        {
            case 3 when entry is { Kind: EntryKind.File, Content: { } old }:
                _deleted.Add(old);
                disk.Write(entry, Write());
                break;
            case 4:
                foreach (var below in disk.Below(entry.Inode).Append(entry).Where(below => below.Content is not null))
                    _deleted.Add(below.Content ?? "");
                disk.Delete(entry.Inode);
                break;
            case 5:
                // Two entries swap their names.
                if (disk.In(entry.Parent).FirstOrDefault(other => other != entry) is { } other)
                    (entry.Name, other.Name) = (other.Name, entry.Name);
                break;
            default:
                disk.Move(entry, _choices.OneOf(folders), name);
                break;
        }

        List<long> Folders() => [ModelDisk.Root, .. disk.Entries.Values.Where(each => each.Kind == EntryKind.Folder).Select(each => each.Inode).Order()];
    }

    private void ActRemotely()
    {
        var all = _service.Nodes.Values.OrderBy(node => node.Id).ToList();
        List<Guid> folders = [ModelService.Root, .. all.Where(node => node.Kind == EntryKind.Folder).Select(node => node.Id)];
        var (verb, name) = (_choices.Below(7), _choices.OneOf(s_names));
        if (verb < 3 || all.Count == 0)
        {
            var (parent, kind) = (_choices.OneOf(folders), verb == 0 ? EntryKind.Folder : EntryKind.File);
            var content = kind == EntryKind.File ? $"r{++_contents}" : null;
            if (_service.Create(kind, parent, name, content) is { } made)
                _log.Add($"remote: create {kind} {_service.PathOf(made.Id)}");
            else
                content = null;
            if (content is not null)
                _written.Add(content);
            return;
        }
        var node = _choices.OneOf(all);
        _log.Add($"remote: {verb} {_service.PathOf(node.Id)} {name}");
        switch (verb)
        {
            case 3 when node is { Kind: EntryKind.File, Sha256: { } old }:
                _deleted.Add(old);
                _service.Replace(node.Id, null, Write());
                break;
            case 4:
                foreach (var below in _service.Below(node.Id).Append(node).Where(below => below.Sha256 is not null))
                    _deleted.Add(below.Sha256 ?? "");
                _service.Delete(node.Id);
                break;
            default:
                _service.Move(node.Id, null, _choices.OneOf(folders), name);
                break;
        }
    }

    private string Write()
    {
        var content = $"c{++_contents}";
        _written.Add(content);
        return content;
    }

    private void Settle()
    {
        for (var round = 0; round < 40; round++)
        {
            var isQuiet = true;
            foreach (var copy in _copies)
            {
                var plan = copy.Plan();
                if (plan.Actions.Count > 0)
                    _log.Add($"settling: {string.Join(", ", plan.Actions.Select(action => $"{action.Step} {action.Unit.Path} -> {action.Name}"))}");
                isQuiet &= plan.Actions.Count == 0;
                copy.Run(plan);
            }
            if (isQuiet)
                return;
        }
        Assert.Fail("It never ends.");
    }

    private void Check()
    {
        var wanted = Tree(_service);
        Assert.DoesNotContain(wanted.Keys, path => path.Contains(".filedrop-", StringComparison.Ordinal));
        foreach (var copy in _copies)
        {
            Assert.Equal(wanted, Tree(copy.Disk));
            Assert.Equal(_service.Nodes.Keys.Order(), copy.Synced.Nodes.Keys.Order());
        }
        var lost = _written.Except(_deleted).Except(wanted.Values).ToList();
        Assert.True(lost.Count == 0, $"lost: {string.Join(' ', lost)}");
    }

    private static SortedDictionary<string, string> Tree(ModelService service) =>
        new(service.Nodes.Values.ToDictionary(node => service.PathOf(node.Id), node => node.Sha256 ?? ""), StringComparer.Ordinal);

    private static SortedDictionary<string, string> Tree(ModelDisk disk) =>
        new(disk.Entries.Values.ToDictionary(entry => disk.PathOf(entry.Inode), entry => entry.Content ?? ""), StringComparer.Ordinal);

    private string Show() => $"service: {string.Join(' ', Tree(_service))}\n"
        + string.Join('\n', _copies.Select(copy => $"copy: {string.Join(' ', Tree(copy.Disk))}"));
}
