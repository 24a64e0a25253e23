using System.Text.Json;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>
/// The state of one sync: the agreed tree, the steps under way, the service's tree with its cursor, and folders that were deleted lately. It is in memory, and in SQLite.
/// </summary>
/// <remarks>
/// Notes are committed in groups, and before every step with an <see cref="Intent"/>. A kill loses the last ones: those of the steps that are under way, and those of
/// new entries, which the next run finds on both sides and notes again. A commit is written to the file before the step and survives a kill of the process.
/// It is not flushed to the disk, since that would cost more than most steps; a power failure can lose the last seconds of notes.
/// </remarks>
internal sealed class SyncStore : IDisposable
{
    private readonly Lock _writing = new();
    private readonly AgreedTree _synced = new();
    private readonly HashSet<(Guid Id, Step Step)> _refused = [];
    private readonly SyncDatabase _database;

    /// <summary>Opens the state, or begins one.</summary>
    /// <param name="file">The full path of the database.</param>
    public SyncStore(string file)
    {
        _database = new SyncDatabase(file);
        _database.Execute("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS synced (id BLOB PRIMARY KEY, kind INTEGER NOT NULL, parent BLOB NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
                sha256 TEXT, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS remote (id BLOB PRIMARY KEY, kind INTEGER NOT NULL, parent BLOB NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
                sha256 TEXT, size INTEGER NOT NULL, modified_at INTEGER) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS intended (id BLOB NOT NULL, step INTEGER NOT NULL, intent TEXT NOT NULL, PRIMARY KEY (id, step)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS removed (id BLOB PRIMARY KEY, at INTEGER NOT NULL, hidden INTEGER NOT NULL) WITHOUT ROWID;
            """);
        _database.Read("SELECT id, kind, parent, name, version, sha256, inode, size, modified FROM synced", row => _synced.Load(new SyncedNode(
            row.GetFieldValue<Guid>(0), (EntryKind)row.GetInt32(1), row.GetFieldValue<Guid>(2), row.GetString(3), row.GetInt64(4),
            row.IsDBNull(5) ? null : row.GetString(5), new Stamp(row.GetInt64(6), row.GetInt64(7), row.GetInt64(8)))));
        _database.Read("SELECT id, kind, parent, name, version, sha256, size, modified_at FROM remote", row => Remote[row.GetFieldValue<Guid>(0)] = new RemoteNode(
            row.GetFieldValue<Guid>(0), (EntryKind)row.GetInt32(1), row.GetFieldValue<Guid>(2), row.GetString(3), row.GetInt64(4),
            row.IsDBNull(5) ? null : row.GetString(5), row.GetInt64(6), row.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7))));
        _database.Read("SELECT id, at, hidden FROM removed", row => Removed[row.GetFieldValue<Guid>(0)] = (DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetInt32(2)));
        _database.Read("SELECT intent FROM intended", row =>
        {
            if (JsonSerializer.Deserialize(row.GetString(0), IntentJson.Default.Intent) is { } intent)
                Intents[(intent.Id, intent.Step)] = intent;
        });
        _database.Read("SELECT key, value FROM meta", row =>
        {
            if (row.GetString(0) is "cursor")
                Cursor = row.GetString(1);
            else if (row.GetString(0) is "token")
                Token = row.GetString(1);
        });
        if (Token.Length == 0)
        {
            Token = Guid.NewGuid().ToString("N")[..8];
            _database.Write("INSERT INTO meta VALUES ('token', $value)", ("$value", Token));
            Flush();
        }
    }

    /// <summary>The agreed tree, by id.</summary>
    public IReadOnlyDictionary<Guid, SyncedNode> Synced => _synced.Nodes;

    /// <summary>The service's tree, by id.</summary>
    public Dictionary<Guid, RemoteNode> Remote { get; } = [];

    /// <summary>The folders that this sync has deleted lately: when, by the service's clock, and how many entries it did not know in them.</summary>
    public Dictionary<Guid, (DateTimeOffset At, int Hidden)> Removed { get; } = [];

    /// <summary>The steps that were about to be taken, and are not noted.</summary>
    public Dictionary<(Guid Id, Step Step), Intent> Intents { get; } = [];

    /// <summary>The digests of the contents before and after the steps that a killed run left open. The service has them, or had them.</summary>
    public HashSet<string> Settled { get; } = new(StringComparer.Ordinal);

    /// <summary>The cursor behind the changes that the service's tree contains; null before the first list.</summary>
    public string? Cursor { get; private set; }

    /// <summary>Eight digits of this copy, for its temporary names.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Keeps an agreed state.</summary>
    public void Save(SyncedNode node)
    {
        lock (_writing)
        {
            if (_synced.Keep(node) is { } other)
                WriteSynced(other);
            WriteSynced(node);
        }
    }

    /// <summary>Remembers steps before they are taken, and commits that with all notes so far.</summary>
    public void Intend(IEnumerable<Intent> intents)
    {
        lock (_writing)
        {
            foreach (var intent in intents)
            {
                Intents[(intent.Id, intent.Step)] = intent;
                _refused.Remove((intent.Id, intent.Step));
                _database.Write("INSERT OR REPLACE INTO intended VALUES ($id, $step, $intent)",
                    ("$id", intent.Id.ToByteArray()), ("$step", (int)intent.Step), ("$intent", JsonSerializer.Serialize(intent, IntentJson.Default.Intent)));
            }
            _database.Commit();
        }
    }

    /// <summary>Drops the intent of a step that is noted, or will never happen.</summary>
    public void Settle(Guid id, Step step)
    {
        lock (_writing)
        {
            if (Intents.Remove((id, step)))
                _database.Write("DELETE FROM intended WHERE id = $id AND step = $step", ("$id", id.ToByteArray()), ("$step", (int)step));
        }
    }

    /// <summary>Remembers that the service has refused a step, or that its request was never sent.</summary>
    public void Refuse(Guid id, Step step)
    {
        lock (_writing)
            _refused.Add((id, step));
    }

    /// <summary>The intents whose requests may still be on their way to the service.</summary>
    public IReadOnlyList<Intent> OpenIntents() => [.. Intents.Values.Where(intent => intent.IsOpen(Remote) && !_refused.Contains((intent.Id, intent.Step)))];

    /// <summary>
    /// Notes the steps that have happened without a note, and forgets those that have not. The next commit contains that: a run that only shows its plan changes nothing.
    /// </summary>
    /// <param name="local">The local tree.</param>
    public void CompleteIntents(IReadOnlyList<LocalNode> local)
    {
        var inodes = new HashSet<long>(local.Count);
        _synced.Shared = local.Where(node => node.Kind == EntryKind.File && !inodes.Add(node.Stamp.Inode)).Select(node => node.Stamp.Inode).ToHashSet();
        if (Intents.Count == 0)
            return;
        lock (_writing)
        {
            Settled.UnionWith(Intents.Values.SelectMany(intent => new[] { intent.After?.Sha256, Synced.GetValueOrDefault(intent.Id)?.Sha256 }).OfType<string>());
            foreach (var (id, state) in Agreement.Complete(Intents.Values, Synced, Remote, local))
            {
                if (state is null)
                    Forget(id);
                else
                    Save(state);
            }
            foreach (var intent in Intents.Values.Except(OpenIntents()).ToList())
                Settle(intent.Id, intent.Step);
            _refused.Clear();
        }
    }

    /// <summary>Drops an agreed state.</summary>
    public void Forget(Guid id)
    {
        lock (_writing)
        {
            _synced.Drop(id);
            _database.Write("DELETE FROM synced WHERE id = $id", ("$id", id.ToByteArray()));
        }
    }

    /// <summary>Keeps an entry of the service.</summary>
    public void Save(RemoteNode node)
    {
        lock (_writing)
        {
            Remote[node.Id] = node;
            _database.Write("INSERT OR REPLACE INTO remote VALUES ($id, $kind, $parent, $name, $version, $sha256, $size, $modified)",
                ("$id", node.Id.ToByteArray()), ("$kind", (int)node.Kind), ("$parent", node.Parent.ToByteArray()), ("$name", node.Name), ("$version", node.Version),
                ("$sha256", node.Sha256), ("$size", node.Size), ("$modified", node.ModifiedAt?.ToUnixTimeMilliseconds()));
        }
    }

    /// <summary>Drops an entry of the service.</summary>
    public void DropRemote(Guid id)
    {
        lock (_writing)
        {
            if (Remote.Remove(id))
                _database.Write("DELETE FROM remote WHERE id = $id", ("$id", id.ToByteArray()));
        }
    }

    /// <summary>Empties the service's tree, before it is listed again.</summary>
    public void ClearRemote()
    {
        lock (_writing)
        {
            Remote.Clear();
            _database.Write("DELETE FROM remote");
        }
    }

    /// <summary>Keeps the cursor. Everything before it is in the service's tree; both are committed together. Null makes the next run list everything.</summary>
    public void Advance(string? cursor)
    {
        lock (_writing)
        {
            if (cursor is null)
                _database.Write("DELETE FROM meta WHERE key = 'cursor'");
            else if (!string.Equals(cursor, Cursor, StringComparison.Ordinal))
                _database.Write("INSERT OR REPLACE INTO meta VALUES ('cursor', $value)", ("$value", cursor));
            Cursor = cursor;
            _database.Commit();
        }
    }

    /// <summary>Remembers that a folder is about to be deleted.</summary>
    /// <param name="id">The folder.</param>
    /// <param name="hidden">How many of its entries this sync does not know.</param>
    /// <param name="at">The service's time.</param>
    public void Remove(Guid id, int hidden, DateTimeOffset at)
    {
        lock (_writing)
        {
            Removed[id] = (at, hidden);
            _database.Write("INSERT OR REPLACE INTO removed VALUES ($id, $at, $hidden)", ("$id", id.ToByteArray()), ("$at", at.ToUnixTimeMilliseconds()), ("$hidden", hidden));
            _database.Commit();
        }
    }

    /// <summary>Forgets a deleted folder.</summary>
    public void ForgetRemoved(Guid id)
    {
        lock (_writing)
        {
            Removed.Remove(id);
            _database.Write("DELETE FROM removed WHERE id = $id", ("$id", id.ToByteArray()));
        }
    }

    /// <summary>Commits all notes.</summary>
    public void Flush()
    {
        lock (_writing)
            _database.Commit();
    }

    /// <summary>Closes the database. Notes that are not committed are lost, as after a kill.</summary>
    public void Dispose() => _database.Dispose();

    private void WriteSynced(SyncedNode node) =>
        _database.Write("INSERT OR REPLACE INTO synced VALUES ($id, $kind, $parent, $name, $version, $sha256, $inode, $size, $modified)",
            ("$id", node.Id.ToByteArray()), ("$kind", (int)node.Kind), ("$parent", node.Parent.ToByteArray()), ("$name", node.Name), ("$version", node.Version),
            ("$sha256", node.Sha256), ("$inode", node.Stamp.Inode), ("$size", node.Stamp.Size), ("$modified", node.Stamp.Modified));
}
