using System.Buffers;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>How the catalog talks to MongoDB: durably, with the primary, for a bounded time, and with one kind of failure.</summary>
internal static class MongoConnection
{
    /// <summary>The database, where the connection string names none.</summary>
    public const string DefaultDatabase = "filedrop";

    /// <summary>How long one call may take, whatever the server or the network between does.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long the building of the indexes may take: on a catalog that has files already, minutes.</summary>
    public static readonly TimeSpan IndexTimeout = TimeSpan.FromMinutes(30);

    private const int OutOfDiskSpace = 14031;

    /// <summary>In characters, and what is not among them (MongoDB manual, "Naming Restrictions", of any platform).</summary>
    private const int LongestName = 63;
    private static readonly SearchValues<char> s_notInNames = SearchValues.Create("/\\. \"$*<>:|?\0");

    private static readonly TimeSpan s_reachTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It is none, or it weakens what FileDrop promises.</exception>
    public static MongoUrl Parse(string connectionString)
    {
        // The driver's exception goes no further: it quotes the string, and with it the password.
        var url = TryParse(connectionString) ?? throw new ArgumentException(
            "MongoDB's connection string is not valid; it looks like mongodb://user:password@host:27017/filedrop, with reserved "
            + "characters percent-encoded.",
            nameof(connectionString));
        var refusal = url switch
        {
            { W: { } w } when !w.Equals(WriteConcern.WMajority.W) =>
                $"w={w}, with which an acknowledged file could be lost with a server: remove it, or say w=majority",
            { Journal: false } =>
                "journal=false, with which an acknowledged file could be lost in a crash: remove it, or say journal=true",
            { ReadPreference: { ReadPreferenceMode: not ReadPreferenceMode.Primary } from } =>
                $"readPreference={from.ReadPreferenceMode}, with which a read could miss an acknowledged file: remove it, or say "
                + "readPreference=primary",
            { DatabaseName: { } name } when name.Length > LongestName || name.AsSpan().IndexOfAny(s_notInNames) >= 0 =>
                $"that the database is '{name}': a name has at most {LongestName} characters, without spaces and / \\ . \" $ * < > : | ?",
            _ => null,
        };
        return refusal is null
            ? url
            : throw new ArgumentException($"MongoDB's connection string says {refusal}.", nameof(connectionString));
    }

    /// <summary>Opens the database that the connection string names; nothing is sent yet.</summary>
    public static IMongoDatabase Open(MongoUrl url)
    {
        var settings = MongoClientSettings.FromUrl(url);
        settings.WriteConcern = WriteConcern.WMajority.With(journal: true);
        settings.ReadPreference = ReadPreference.Primary;
        settings.ReadConcern = ReadConcern.Local;
        // A write that the driver sends again on its own is right only on a server that recognizes the repetition; on another
        // one a commit that happened would come back as "no such intent". A lost answer is a failure here, on every server
        // alike, and the caller reads what became of its change.
        settings.RetryWrites = false;
        settings.ApplicationName = url.ApplicationName ?? "filedrop";
        if (url.ServerSelectionTimeout == MongoDefaults.ServerSelectionTimeout)
            settings.ServerSelectionTimeout = s_reachTimeout;
        if (url.ConnectTimeout == MongoDefaults.ConnectTimeout)
            settings.ConnectTimeout = s_reachTimeout;
        return new MongoClient(settings).GetDatabase(url.DatabaseName ?? DefaultDatabase);
    }

    /// <summary>Makes one call: the only place where the driver's failures become the catalog's.</summary>
    /// <exception cref="StorageException">MongoDB did not answer in time, or answered with a failure.</exception>
    public static async Task<T> CallAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        // The limit is a token and not the driver's socket timeout: it bounds the whole call, the wait for a connection and
        // the driver's repeated reads included.
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        try
        {
            return await call(timer.Token);
        }
        catch (Exception failure) when (IsFailure(failure) && !cancellation.IsCancellationRequested)
        {
            throw failure is OperationCanceledException
                ? new StorageException(StorageFailure.Unavailable, $"MongoDB did not answer within {limit.TotalSeconds:0} s.", failure)
                : new StorageException(KindOf(failure), $"MongoDB failed: {failure.Message}", failure);
        }
        catch (Exception failure) when (IsFailure(failure) && failure is not OperationCanceledException)
        {
            // The driver tells of a cancelled call in several ways; the caller, who cancelled, knows one.
            throw new OperationCanceledException(failure.Message, failure, cancellation);
        }
    }

    /// <summary>Whether a write was refused because the document is there already.</summary>
    public static bool IsDuplicate(MongoWriteException failure) => failure.WriteError?.Category is ServerErrorCategory.DuplicateKey;

    private static bool IsFailure(Exception failure) =>
        failure is MongoException or TimeoutException or IOException or System.Net.Sockets.SocketException or OperationCanceledException;

    private static StorageFailure KindOf(Exception failure)
    {
        var code = failure switch
        {
            MongoWriteException write => write.WriteError?.Code ?? write.WriteConcernError?.Code,
            MongoCommandException command => command.Code,
            _ => null,
        };
        return code is OutOfDiskSpace ? StorageFailure.Full : StorageFailure.Unavailable;
    }

    private static MongoUrl? TryParse(string connectionString)
    {
        try
        {
            return new MongoUrl(connectionString);
        }
        catch (Exception failure) when (failure is MongoException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
