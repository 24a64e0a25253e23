using FileDrop.Api.Contents;
using NetArchTest.Rules;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The folders of the service, from top to bottom. A folder uses only folders below it, so no circle can arise.</summary>
public sealed class LayerTests
{
    private const string Root = "FileDrop.Api.";

    /// <summary>Folders in one line do not use each other. <c>docs/architecture.md</c> says what each is for.</summary>
    private static readonly string[][] Layers =
    [
        ["Edge"],
        ["Commands"],
        ["Files", "Folders", "Changes", "Links", "Shares", "Uploads", "Keys", "Dav"],
        ["Access"],
        ["OpenApi"],
        ["Http"],
        ["Maintenance"],
        ["Contents"],
        ["Embedded"],
        ["Settings"],
        ["Catalog", "Blobs"],
        ["Hashing", "Zip"],
        ["Memory"],
        ["Storage", "Native", "Text"],
    ];

    /// <summary>The types beside the folders, which use all of them.</summary>
    private static readonly string[] Start = ["FileDrop.Api.Composition", "FileDrop.Api.Start"];

    public static TheoryData<string> Folders => [.. Layers.SelectMany(layer => layer)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_folders_below_it(string folder)
    {
        var line = Array.FindIndex(Layers, layer => layer.Contains(folder));
        var above = Layers.Take(line + 1).SelectMany(layer => layer).Where(other => other != folder).Select(other => Root + other);
        AssertAvoids(folder, [.. above, .. Start]);
    }

    [Fact]
    public void Every_folder_has_its_place_among_the_layers()
    {
        var folders = typeof(FileStore).Assembly.GetTypes().Select(type => type.Namespace ?? "").Where(name => name.StartsWith(Root, StringComparison.Ordinal))
            .Select(name => name[Root.Length..].Split('.')[0]).Distinct();
        Assert.Equal(Layers.SelectMany(layer => layer).Order(), folders.Order());
    }

    /// <summary>Use cases and everything below them know nothing of HTTP, so any door can call them.</summary>
    [Fact]
    public void Only_Http_and_the_folders_above_it_know_ASP_NET_Core()
    {
        foreach (var folder in Layers.SkipWhile(layer => layer[0] != "Contents").SelectMany(layer => layer))
        {
            AssertAvoids(folder, "Microsoft.AspNetCore");
        }
    }

    private static void AssertAvoids(string folder, params string[] forbidden)
    {
        var result = Types.InAssembly(typeof(FileStore).Assembly).That().ResideInNamespace(Root + folder).ShouldNot().HaveDependencyOnAny(forbidden).GetResult();
        Assert.True(result.IsSuccessful, string.Join('\n', (result.FailingTypes ?? []).Select(type => $"{type.FullName}: {type.Explanation}")));
    }
}
