using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace FileDrop.Api.Edge;

/// <summary>One served file of the page.</summary>
/// <param name="Content">The file's bytes.</param>
/// <param name="Type">The file's media type.</param>
/// <param name="IsForever">Whether its name changes with its content, so that a browser can cache it forever.</param>
internal sealed record PageFile(byte[] Content, string Type, bool IsForever)
{
    /// <summary>A short digest of the content.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(Content))[..16];
}

/// <summary>Bundles the page's many source files into the few that a browser loads.</summary>
/// <remarks>
/// The modules become one script, and the style sheets one sheet. Each module becomes a function that is called once, after the modules that it imports, and
/// returns its exports. The bundler supports only the forms of import and export that the page uses, and refuses others. A module's exports must never change,
/// and no two modules may import each other. Comments on lines of their own and indentation are left out, so no text may span lines. Our own, because bundlers need Node.js to build.
/// </remarks>
internal sealed partial class PageBundle
{
    private readonly string _folder;
    private readonly StringBuilder _script = new();
    private readonly Dictionary<string, string> _modules = new(StringComparer.Ordinal);

    private PageBundle(string folder) => _folder = folder;

    /// <summary>Reads the page's folder.</summary>
    /// <returns>The files by their paths; the page itself is <c>/</c>.</returns>
    /// <exception cref="InvalidOperationException">A module has an unsupported import or export, or two modules import each other.</exception>
    public static IReadOnlyDictionary<string, PageFile> Read(string folder)
    {
        var bundle = new PageBundle(folder);
        bundle.Add("js/main.js");
        var files = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        var icon = Publish("icon.svg", File.ReadAllText(Path.Combine(folder, "icon.svg")), "image/svg+xml");
        var theme = Publish("theme.js", File.ReadAllText(Path.Combine(folder, "theme.js")), "text/javascript");
        var styles = Directory.EnumerateFiles(Path.Combine(folder, "css")).Order(StringComparer.Ordinal)
            .Select(sheet => Unneeded().Replace(File.ReadAllText(sheet), ""));
        var style = Publish("page.css", string.Concat(styles), "text/css");
        var script = Publish("page.js", bundle._script.Replace("\"icon.svg\"", $"\"{icon}\"").ToString(), "text/javascript");
        var page = File.ReadAllText(Path.Combine(folder, "index.html"))
            .Replace("\"icon.svg\"", $"\"{icon}\"", StringComparison.Ordinal)
            .Replace("\"theme.js\"", $"\"{theme}\"", StringComparison.Ordinal)
            .Replace("\"page.css\"", $"\"{style}\"", StringComparison.Ordinal)
            .Replace("\"page.js\"", $"\"{script}\"", StringComparison.Ordinal);
        files.Add("/", new PageFile(Encoding.UTF8.GetBytes(page), "text/html", IsForever: false));
        return files;

        string Publish(string name, string text, string type)
        {
            var file = new PageFile(Encoding.UTF8.GetBytes(text), type, IsForever: true);
            var path = $"/page/{Path.GetFileNameWithoutExtension(name)}.{file.Digest}{Path.GetExtension(name)}";
            files.Add(path, file);
            return path;
        }
    }

    /// <summary>Adds a module after those that it imports, and returns the name of its exports.</summary>
    private string Add(string path)
    {
        if (_modules.TryGetValue(path, out var known))
            return known is { Length: > 0 } ? known : throw new InvalidOperationException($"{path} imports itself through another module.");
        _modules.Add(path, "");
        var text = File.ReadAllText(Path.Combine(_folder, path)).ReplaceLineEndings("\n");
        var body = Import().Replace(text, import =>
        {
            var from = Add(Resolve(path, import.Groups["from"].Value));
            var names = import.Groups["all"] is { Success: true } all
                ? all.Value
                : $"{{{import.Groups["some"].Value.Replace(" as ", ": ", StringComparison.Ordinal)}}}";
            return $"const {names} = {from};\n";
        });
        body = Unneeded().Replace(body, "");
        var exports = Export().Matches(body).Select(export => export.Groups["name"].Value);
        body = Export().Replace(body, "${what}${name}");
        if (Leftover().Match(body) is { Success: true } leftover)
            throw new InvalidOperationException($"{path}: \"{leftover.Value}\" is not a supported form of import or export.");
        var name = $"module{_modules.Count(module => module.Value.Length > 0)}";
        _script.Append("// ").Append(path).Append("\nconst ").Append(name).Append(" = (() => {\n").Append(body)
            .Append("\nreturn { ").AppendJoin(", ", exports).Append(" };\n})();\n");
        return _modules[path] = name;
    }

    private static string Resolve(string from, string to)
    {
        var root = Path.GetFullPath("/");
        return Path.GetRelativePath(root, Path.GetFullPath(to, Path.Combine(root, Path.GetDirectoryName(from) ?? ""))).Replace('\\', '/');
    }

    [GeneratedRegex("""^import (\* as (?<all>\w+)|\{(?<some>[\w\s,]+)\}) from "(?<from>[^"]+)";\n""",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Import();

    [GeneratedRegex(@"^export (?<what>(async )?(const|class|function) )(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Export();

    [GeneratedRegex(@"^ *//.*\n|^ */\*\*[\s\S]*?\*/\n|^ +", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Unneeded();

    [GeneratedRegex("^(import|export) .*", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Leftover();
}
