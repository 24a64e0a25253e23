using System.Buffers;
using FileDrop.Api.Storage;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The connection to MongoDB: durable writes, the primary only, bounded calls, and one kind of failure.</summary>
internal static class MongoConnection
{
    /// <summary>The database if the connection string names none.</summary>
    public const string DefaultDatabase = "filedrop";

    /// <summary>The time limit of one call, whatever the server or the network does.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The time limit for building the indexes, which takes minutes on a catalog with many files.</summary>
    public static readonly TimeSpan IndexTimeout = TimeSpan.FromMinutes(30);

    private const int OutOfDiskSpace = 14031;

    /// <summary>The longest database name in characters (MongoDB manual, "Naming Restrictions", for all platforms).</summary>
    private const int LongestName = 63;
    private static readonly SearchValues<char> s_notInNames = SearchValues.Create("/\\. \"$*<>:|?\0");

    private static readonly TimeSpan s_reachTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">The string is not a connection string, or it weakens FileDrop's guarantees.</exception>
    public static MongoUrl Parse(string connectionString)
    {
        // Drop the driver's exception, because it quotes the string with the password.
        var url = TryParse(connectionString) ?? throw new ArgumentException(
            "MongoDB's connection string is not valid. Write it like mongodb://user:password@host:27017/filedrop, with reserved "
            + "characters percent-encoded.",
            nameof(connectionString));
        var refusal = url switch
        {
            { W: { } w } when !w.Equals(WriteConcern.WMajority.W) =>
                $"w={w}, so the failure of one server could lose an acknowledged file: remove it, or set w=majority",
            { Journal: false } =>
                "journal=false, so a crash could lose an acknowledged file: remove it, or set journal=true",
            { ReadPreference: { ReadPreferenceMode: not ReadPreferenceMode.Primary } from } =>
                $"readPreference={from.ReadPreferenceMode}, so a read could miss an acknowledged file: remove it, or set "
                + "readPreference=primary",
            { DatabaseName: { } name } when name.Length > LongestName || name.AsSpan().IndexOfAny(s_notInNames) >= 0 =>
                $"the database name '{name}': use at most {LongestName} characters, without spaces and / \\ . \" $ * < > : | ?",
            _ => null,
        };
        return refusal is null
            ? url
            : throw new ArgumentException($"MongoDB's connection string has {refusal}.", nameof(connectionString));
    }

    /// <summary>Opens the database that the connection string names; sends nothing yet.</summary>
    public static IMongoDatabase Open(MongoUrl url)
    {
        var settings = MongoClientSettings.FromUrl(url);
        settings.WriteConcern = WriteConcern.WMajority.With(journal: true);
        settings.ReadPreference = ReadPreference.Primary;
        settings.ReadConcern = ReadConcern.Local;
        // The driver's own retries are correct only on a server that recognizes repetitions; elsewhere a successful commit would come back as "no such intent".
        // A lost answer is therefore a failure on every server, and the caller reads the fate of its change.
        settings.RetryWrites = false;
        settings.ApplicationName = url.ApplicationName ?? "filedrop";
        if (url.ServerSelectionTimeout == MongoDefaults.ServerSelectionTimeout)
            settings.ServerSelectionTimeout = s_reachTimeout;
        if (url.ConnectTimeout == MongoDefaults.ConnectTimeout)
            settings.ConnectTimeout = s_reachTimeout;
        return new MongoClient(settings).GetDatabase(url.DatabaseName ?? DefaultDatabase);
    }

    /// <summary>Makes one call. Only here do the driver's failures become the catalog's.</summary>
    /// <exception cref="StorageException">MongoDB did not answer in time, or answered with a failure.</exception>
    public static async Task<T> CallAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        // The limit is a token instead of the driver's socket timeout. It therefore bounds the whole call, including the wait for a connection and repeated
        // reads.
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
            // The driver reports a cancelled call in several ways, but the caller expects one.
            throw new OperationCanceledException(failure.Message, failure, cancellation);
        }
    }

    /// <summary>Whether a write failed because the document already exists.</summary>
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
