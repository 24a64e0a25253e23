using System.Text.RegularExpressions;
using FileDrop.Api.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>A wrong value or an unknown key is refused by name, with the fix or the nearest key.</summary>
public sealed partial class SettingsTests
{
    [Theory]
    [InlineData("FileDrop:MaxFileSize", "5GB", "a whole number from 1 to 5497558138880")]
    [InlineData("FileDrop:Lease", "soon", "a time: 90s")]
    [InlineData("FileDrop:Lease", "1ms", "at least 100ms")]
    [InlineData("FileDrop:Trash:Retention", "45", "write 45d")]
    [InlineData("FileDrop:UploadPatience", "0", "more than 0")]
    [InlineData("FileDrop:Links:Life", "2d", "at most 1d")]
    [InlineData("FileDrop:Https:Hsts", "P1Y", "Write 365d")]
    [InlineData("FileDrop:Versions:Keep", "-1", "a whole number from 0 to 1000")]
    [InlineData("FileDrop:Access:Anonymous", "yes", "true or false")]
    [InlineData("FileDrop:Quota:Bytes", "10GB", "or \"none\"")]
    [InlineData("FileDrop:Quota:Owners:local:Files", "-1", "a whole number")]
    [InlineData("FileDrop:Quota:Owners:local:Size", "1", "has no meaning")]
    [InlineData("FileDrop:AllowedOrigins", "files.example.com", "web origins")]
    public void A_bad_value_is_refused_with_its_key_and_the_fix(string key, string value, string fix)
    {
        var refusal = Refusal((key, value));
        Assert.Contains(key, refusal, StringComparison.Ordinal);
        Assert.Contains(fix, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FileDrop:Acces:Key", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Access:Keys", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Access_Key", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Key", "FileDrop:Access:Key")]
    [InlineData("FileDrop:Hsts", "FileDrop:Https:Hsts")]
    [InlineData("FileDrop:Access:Oidc:Audiance", "FileDrop:Access:Oidc:Audience")]
    [InlineData("FileDrop:Access:Oidc:Scopes:reed", "FileDrop:Access:Oidc:Scopes:read")]
    [InlineData("FileDrop:DataDir", "FileDrop:DataDirectory")]
    [InlineData("FileDrop:Quotas:Bytes", "FileDrop:Quota:Bytes")]
    [InlineData("FileDrop:Limits:RequestPerCaller", "FileDrop:Limits:RequestsPerCaller")]
    [InlineData("FileDrop:Replica", "FileDrop:Replicas")]
    public void An_unknown_key_is_refused_with_the_nearest_key(string key, string nearest)
    {
        var refusal = Refusal((key, "value-of-a-secret"));
        Assert.Contains($"{key} is not a setting; the nearest one is {nearest}.", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("value-of-a-secret", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void All_unknown_keys_are_named_at_once_and_a_list_is_refused_with_the_right_form()
    {
        var refusal = Refusal(("FileDrop:Acces:Key", "a"), ("FileDrop:AllowedHosts:0", "b"));
        Assert.Contains("FileDrop:Acces:Key", refusal, StringComparison.Ordinal);
        Assert.Contains("FileDrop:AllowedHosts:0 is not a setting: FileDrop:AllowedHosts is one text, with semicolons", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_the_AppHost_are_known_whatever_their_case()
    {
        var appHost = File.ReadAllText(Path.Combine(Repository.Root, "FileDrop.AppHost", "Settings.cs"));
        var keys = AppHostKey().Matches(appHost).Select(match => match.Groups["key"].Value).Distinct().ToList();
        Assert.Contains("Stores", keys);
        var settings = Read([.. keys.Select(key => ($"filedrop:{key}", "1")), ("FileDrop:Images:mongodb", "mongo"), ("FILEDROP:LEASE", "2m")]);
        Assert.Equal(TimeSpan.FromMinutes(2), settings.Lease);
    }

    [Fact]
    public void An_owner_may_have_any_name_in_its_quota()
    {
        var quotas = Read(("FileDrop:Quota:Owners:https://login.example#7:Bytes", "5")).Quotas;
        Assert.Equal(5, quotas.Of("https://login.example#7").Bytes);
    }

    [Fact]
    public void A_single_underscore_is_reported_only_if_the_rest_is_a_setting()
    {
        var settings = Read(
            ("FileDrop_DataDirectory", "/srv"), ("FILEDROP_ACCESS:KEY", "a"), ("FILEDROP_PORT", "tcp://10.0.0.1:5080"), ("FILEDROP_PORT_5080_TCP", "tcp://10.0.0.1:5080"),
            ("FILEDROP_SERVICE_HOST", "10.0.0.1"), ("FILEDROP_TEST_S3", "x"));
        Assert.Equal(
            ["FILEDROP_ACCESS__KEY is ignored: write FileDrop__ACCESS__KEY.", "FileDrop_DataDirectory is ignored: write FileDrop__DataDirectory."],
            settings.Ignored.Order(StringComparer.Ordinal));
    }

    private static FileDropOptions Read(params (string Key, string Value)[] settings) => FileDropOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build(), "/");

    private static string Refusal(params (string Key, string Value)[] settings) => Assert.Throws<ConfigurationException>(() => Read(settings)).Message;

    [GeneratedRegex("""(Text|Number|Choice)\(section, "(?<key>\w+)["]""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AppHostKey();
}
