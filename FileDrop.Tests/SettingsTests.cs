using FileDrop.AppHost;
using Microsoft.Extensions.Configuration;

namespace FileDrop.Tests;

/// <summary>A wrong setting ends the start with a message that names the right one.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Without_settings_there_are_two_replicas_over_MongoDB_and_MinIO()
    {
        var settings = Read();
        Assert.Equal(("mongodb", "minio", 2, false), (settings.Metadata, settings.ObjectStorage, settings.Replicas, settings.Embedded));
        Assert.Equal("filedrop-mongodb", settings.Volume("mongodb"));
        Assert.Null(settings.Image("storage"));
    }

    [Fact]
    public void The_embedded_store_has_one_replica() => Assert.Equal(1, Read("FileDrop:Stores=embedded").Replicas);

    [Theory]
    [InlineData("FileDrop:ObjectStorage=mino", "minio, rustfs, seaweedfs, external")]
    [InlineData("FileDrop:Metadata=postgres", "mongodb, external")]
    [InlineData("FileDrop:Stores=none", "containers, embedded")]
    [InlineData("FileDrop:Publish=helm", "compose, kubernetes")]
    [InlineData("FileDrop:Replicas=0", "from 1 to 100")]
    [InlineData("FileDrop:Replicas=two", "from 1 to 100")]
    [InlineData("FileDrop:Port=99999", "from 1 to 65535")]
    [InlineData("FileDrop:Metadata=external", "ConnectionStrings:filedrop is not set")]
    [InlineData("FileDrop:ObjectStorage=external", "ConnectionStrings:storage is not set")]
    [InlineData("ConnectionStrings:storage=Region=eu-central-1", "set FileDrop:ObjectStorage to external")]
    [InlineData("ConnectionStrings:filedrop=mongodb://db/filedrop", "set FileDrop:Metadata to external")]
    public void A_wrong_value_is_an_error_that_says_what_is_right(string setting, string expected)
    {
        var wrong = Assert.Throws<SettingsException>(() => Read(setting));
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_store_cannot_be_replicated()
    {
        var wrong = Assert.Throws<SettingsException>(() => Read("FileDrop:Stores=embedded", "FileDrop:Replicas=2"));
        Assert.Contains("FileDrop:Stores to containers", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Publishing_needs_no_connection_strings() =>
        Assert.Equal("external", Settings.Read(Configuration("FileDrop:Metadata=external"), publishing: true).Metadata);

    private static Settings Read(params string[] settings) => Settings.Read(Configuration(settings), publishing: false);

    private static IConfiguration Configuration(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
        .Build();
}
