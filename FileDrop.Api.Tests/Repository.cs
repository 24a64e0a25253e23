using System.Reflection;

namespace FileDrop.Api.Tests;

/// <summary>The files that this program was built from.</summary>
internal static class Repository
{
    /// <summary>The folder with README.md.</summary>
    public static string Root { get; } = Path.GetFullPath(typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(item => item.Key == "RepositoryRoot").Value ?? "");
}
