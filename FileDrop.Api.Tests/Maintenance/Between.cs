using FileDrop.Api.Blobs.S3;
using MongoDB.Driver;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Puts a <see cref="TcpProxy"/> between a service and one of its stores.</summary>
internal static class Between
{
    /// <param name="stores">The stores.</param>
    /// <param name="store">The connection string's name: <c>filedrop</c> or <c>storage</c>.</param>
    /// <param name="state">The initial state of the proxy.</param>
    /// <param name="settings">The settings that lead a service through the proxy.</param>
    public static TcpProxy Stores(ClusterStores stores, string store, TcpProxy.State state, out (string Key, string Value)[] settings)
    {
        var mongo = new MongoUrlBuilder(stores.MongoDb);
        var target = store == "filedrop"
            ? new UriBuilder("tcp", mongo.Server.Host, mongo.Server.Port).Uri
            : S3Options.Parse(stores.S3).Endpoint ?? throw new InvalidOperationException("The S3 server has no endpoint.");
        var proxy = new TcpProxy(target, state);
        mongo.Server = new MongoServerAddress("127.0.0.1", proxy.Port);
        var value = store == "filedrop"
            ? mongo.ToString()
            : stores.S3.Replace(target.GetLeftPart(UriPartial.Authority), $"http://127.0.0.1:{proxy.Port}", StringComparison.Ordinal);
        settings = [($"ConnectionStrings:{store}", value)];
        return proxy;
    }
}
