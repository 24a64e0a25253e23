using FileDrop.Api.Settings;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>A bad connection string ends the start with exit code 2 and the setting's name, whatever exception its driver throws.</summary>
public sealed class ConnectionStringTests
{
    private const string GoodMongoDb = "mongodb://127.0.0.1:1/";
    private const string GoodStorage = "Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b";

    private static readonly string[] BadOptions =
    [
        "authMechanism=FOO", "authMechanism=GSSAPI", "tls=maybe", "loadBalanced=true&replicaSet=x", "maxPoolSize=-1", "minPoolSize=9&maxPoolSize=3",
        "readConcernLevel=foo", "waitQueueTimeoutMS=-5", "connectTimeoutMS=-5", "serverMonitoringMode=foo", "proxyHost=x&proxyPort=99999999",
        "srvMaxHosts=3", "appName=", "w=0",
    ];

    private const string Secret = "geheim";

    public static TheoryData<string> BadMongoDb =>
    [
        .. BadOptions.Select(options => $"mongodb://127.0.0.1:1/?{options}"),
        "mongodb://", "http://127.0.0.1", "mongodb://127.0.0.1:99999/", "mongodb://127.0.0.1:1,127.0.0.1:2/?directConnection=true", "x",
        "mongodb://127.0.0.1:1/file.drop", "mongodb://127.0.0.1:1/a%20b", $"mongodb://127.0.0.1:1/{new string('a', 64)}",
        $"mongodb://user:{Secret}%zz@127.0.0.1:1/", $"mongodb://user:{Secret}@127.0.0.1:1/?authMechanism=FOO", $"mongodb://user:{Secret}@127.0.0.1:x/",
        "mongodb://user:FOO@127.0.0.1:1/?authMechanism=FOO",
    ];

    public static TheoryData<string> BadStorage =>
    [
        ";", "x", "Bukket=a", "Endpoint=127.0.0.1", "Endpoint=http://:1;AccessKey=a;SecretKey=geheim", "AccessKey=a;SecretKey=geheim;Region=x y",
        "Endpoint=http://127.0.0.1:99999", "Endpoint=http://127.0.0.1:1;AccessKey=schlüssel;SecretKey=geheim", $"{GoodStorage};Bucket=a..b",
        "Endpoint=http://127.0.0.1:1;AccessKey=a b;SecretKey=geheim", $"{GoodStorage};Region=x y", $"{GoodStorage};PathStyle=false",
        $"{GoodStorage};PartMemory=1", $"{GoodStorage};CallTimeout=0", $"{GoodStorage};AccessKey=c",
    ];

    [Theory]
    [MemberData(nameof(BadMongoDb))]
    public void A_string_that_MongoDBs_driver_does_not_take_is_told_by_its_settings_name(string mongoDb) => Refused("ConnectionStrings:filedrop", mongoDb, GoodStorage);

    [Theory]
    [MemberData(nameof(BadStorage))]
    public void A_bad_S3_connection_string_is_reported_by_its_settings_name(string storage) => Refused("ConnectionStrings:storage", GoodMongoDb, storage);

    [Theory]
    [InlineData("mongodb://127.0.0.1:1/?authMechanism=FOO", GoodStorage, "ConnectionStrings:filedrop")]
    [InlineData(GoodMongoDb, GoodStorage + ";Region=x y", "ConnectionStrings:storage")]
    public async Task A_bad_connection_string_ends_the_process_with_exit_code_2(string mongoDb, string storage, string named)
    {
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:filedrop"] = mongoDb, ["ConnectionStrings:storage"] = storage };
        await using var service = ServiceProcess.Launch(settings);
        Assert.Equal(2, await service.ExitAsync());
        Assert.Contains($"FileDrop cannot start. {named}", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    private static void Refused(string named, string mongoDb, string storage)
    {
        var options = new FileDropOptions { DataDirectory = "/nowhere", MongoDb = mongoDb, Storage = storage };
        var refused = Assert.Throws<ConfigurationException>(() => new ServiceCollection().AddStores(options, alone: true));
        Assert.StartsWith($"{named} cannot be used. ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("user:", refused.Message.Replace("mongodb://user:password@", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
