using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog;

/// <summary>A lock of a file or a folder. It forbids changes to all callers but its holder, and also to the holder unless a request names its token.</summary>
/// <param name="Token">Names the lock; random.</param>
/// <param name="IsShared">Whether others may hold shared locks of the same entry. Otherwise it excludes every other lock.</param>
/// <param name="IsDeep">Whether it also covers everything below a folder.</param>
/// <param name="Holder">The caller who took it, as limits name callers.</param>
/// <param name="Contact">The holder's own words about whom to ask, as XML; null if it gave none.</param>
/// <param name="ExpiresAt">The end by the catalog's clock, unless it is refreshed.</param>
public sealed record EntryLock(Guid Token, bool IsShared, bool IsDeep, string Holder, string? Contact, DateTimeOffset ExpiresAt);

/// <summary>The wish to lock an entry.</summary>
/// <param name="Token">Names the lock; random.</param>
/// <param name="IsShared">See <see cref="EntryLock"/>.</param>
/// <param name="IsDeep">See <see cref="EntryLock"/>.</param>
/// <param name="Holder">See <see cref="EntryLock"/>.</param>
/// <param name="Contact">See <see cref="EntryLock"/>.</param>
/// <param name="Life">The time after which the lock expires unless it is refreshed.</param>
public sealed record LockRequest(Guid Token, bool IsShared, bool IsDeep, string Holder, string? Contact, TimeSpan Life)
{
    /// <summary>The lock, if it is taken now.</summary>
    internal EntryLock At(DateTimeOffset now) => new(Token, IsShared, IsDeep, Holder, Contact, WholeMilliseconds.After(now, Life));

    /// <summary>Whether another lock does not allow this one.</summary>
    internal bool Meets(EntryLock other) => other.Token != Token && !(IsShared && other.IsShared);
}

/// <summary>The locks that a request names, and its caller.</summary>
/// <param name="Holder">The caller, as limits name callers.</param>
/// <param name="Tokens">The tokens of the locks.</param>
public sealed record LockTokens(string Holder, IReadOnlyCollection<Guid> Tokens)
{
    /// <summary>No locks: every lock forbids the change.</summary>
    public static readonly LockTokens None = new("", []);

    /// <summary>Whether the request may change an entry with these locks. Of several shared locks it must name one.</summary>
    internal bool Allow(IReadOnlyCollection<EntryLock> locks) => locks.Count == 0
        || locks.Any(each => string.Equals(each.Holder, Holder, StringComparison.Ordinal) && Tokens.Contains(each.Token));
}

/// <summary>A property that a client has made up and stored with a file or a folder.</summary>
/// <param name="Space">The XML namespace of its name; may be empty.</param>
/// <param name="Name">The local part of its name.</param>
/// <param name="Xml">The whole element.</param>
public sealed record DeadProperty(string Space, string Name, string Xml);

/// <summary>A change of one property.</summary>
/// <param name="Space">The XML namespace of its name; may be empty.</param>
/// <param name="Name">The local part of its name.</param>
/// <param name="Xml">The whole element; null removes the property.</param>
public sealed record PropertyChange(string Space, string Name, string? Xml);

/// <summary>The part of a file or a folder that only WebDAV sees: locks, and the properties that clients have made up.</summary>
/// <param name="Locks">Locks, some of which may have expired.</param>
/// <param name="Properties">The properties, in the order in which they came.</param>
public sealed record DavState(IReadOnlyList<EntryLock> Locks, IReadOnlyList<DeadProperty> Properties)
{
    /// <summary>Neither locks nor properties.</summary>
    public static readonly DavState None = new([], []);

    /// <summary>The most locks of an entry at the same time.</summary>
    public const int MaxLocks = 32;

    /// <summary>The most locked files, and the most locked folders, of an owner.</summary>
    public const int MaxLocked = 1_000;

    /// <summary>The most properties of an entry.</summary>
    public const int MaxProperties = 200;

    /// <summary>The most characters in all properties of an entry together.</summary>
    public const int MaxPropertyLength = 64 * 1024;

    /// <summary>The caller who wrote the live content of a file through WebDAV; null after any other write.</summary>
    public string? Writer { get; init; }

    /// <summary>The time of the first of the writes by <see cref="Writer"/> that share one version.</summary>
    public DateTimeOffset WritingSince { get; init; }

    /// <summary>
    /// Whether the file had a lasting name before its momentary one. Some programs save like this: they move the old file aside, and delete it when the new one
    /// has its name.
    /// </summary>
    public bool IsAside { get; init; }

    /// <summary>The end of the last lock; null if there is none.</summary>
    [JsonIgnore]
    public DateTimeOffset? LockedUntil => Locks.Count == 0 ? null : Locks.Max(each => each.ExpiresAt);

    /// <summary>The locks that have not expired.</summary>
    internal IReadOnlyList<EntryLock> Active(DateTimeOffset now) => Locks.Count == 0 ? [] : [.. Locks.Where(each => each.ExpiresAt > now)];

    /// <summary>Whether a lock of this entry forbids a change.</summary>
    internal bool Forbids(LockTokens held, DateTimeOffset now) => Locks.Count > 0 && !held.Allow(Active(now));

    /// <summary>The state without locks, as an entry has it that was moved or deleted.</summary>
    internal DavState Unlocked() => Locks.Count == 0 ? this : Tidy(this with { Locks = [] });

    /// <summary>The state without one lock, and without those that have expired.</summary>
    internal DavState Without(Guid token, DateTimeOffset now) => Tidy(this with { Locks = [.. Active(now).Where(each => each.Token != token)] });

    /// <summary>The state with one lock more or renewed, and without those that have expired.</summary>
    internal DavState With(EntryLock taken, DateTimeOffset now) =>
        this with { Locks = [.. Active(now).Where(each => each.Token != taken.Token), taken] };

    /// <summary>The state with changed properties; null if there would be too many or too long ones.</summary>
    internal DavState? With(IReadOnlyList<PropertyChange> changes)
    {
        var properties = Properties.ToList();
        foreach (var change in changes)
        {
            properties.RemoveAll(each => string.Equals(each.Space, change.Space, StringComparison.Ordinal)
                && string.Equals(each.Name, change.Name, StringComparison.Ordinal));
            if (change.Xml is { } xml)
                properties.Add(new DeadProperty(change.Space, change.Name, xml));
        }
        return properties.Count <= MaxProperties && properties.Sum(each => each.Space.Length + each.Name.Length + each.Xml.Length) <= MaxPropertyLength
            ? Tidy(this with { Properties = properties })
            : null;
    }

    /// <summary>The state after the name changed.</summary>
    internal DavState Renamed(string? from, string? to) =>
        !IsAside && from is not null && to is not null && IsMomentary(to) && !IsMomentary(from) ? this with { IsAside = true } : this;

    /// <summary>Whether a name is that of a file which an office program or an editor makes for a moment.</summary>
    public static bool IsMomentary(string name) => name.StartsWith("~$", StringComparison.Ordinal)
        || name.StartsWith(".~lock", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase);

    /// <summary>Makes the stored form; null if there is nothing to store.</summary>
    internal string? ToJson() => Equals(None) ? null : JsonSerializer.Serialize(this, DavJson.Relaxed.DavState);

    /// <summary>Reads the stored form.</summary>
    internal static DavState OfJson(string? json) => json is null ? None : JsonSerializer.Deserialize(json, DavJson.Relaxed.DavState) ?? None;

    /// <summary>Nothing is always the same object, so that an engine sees at once that nothing has changed.</summary>
    internal static DavState Tidy(DavState state) => state is { Locks.Count: 0, Properties.Count: 0, Writer: null, IsAside: false } ? None : state;
}

[JsonSerializable(typeof(DavState))]
internal sealed partial class DavJson : JsonSerializerContext
{
    /// <summary>Escapes only what JSON must escape: the text is stored, never sent to a browser.</summary>
    public static DavJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    });
}
