using System.Text;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>The names of loose files where they appear in one folder together. Their own names may repeat, so each has its id in its name.</summary>
internal static class LooseNames
{
    private const int IdLength = 32;

    /// <summary>The name of a loose file: <c>report~019ab3c27c1e7d449a510c5f3f9b8a10.pdf</c>. A long name is cut.</summary>
    public static string Of(CatalogFile file)
    {
        var dot = file.Name.LastIndexOf('.');
        var (stem, extension) = dot > 0 ? (file.Name[..dot], file.Name[dot..]) : (file.Name, "");
        if (Encoding.UTF8.GetByteCount(extension) + IdLength + 1 >= FileName.MaxBytes)
            (stem, extension) = (file.Name, "");
        while (Encoding.UTF8.GetByteCount(stem) + 1 + IdLength + Encoding.UTF8.GetByteCount(extension) > FileName.MaxBytes)
            stem = stem[..^(stem.Length > 1 && char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return $"{stem}~{file.Id:N}{extension}";
    }

    /// <summary>Reads the id in such a name.</summary>
    public static bool TryRead(string name, out Guid id)
    {
        id = default;
        for (var tilde = name.LastIndexOf('~'); tilde >= 0; tilde = tilde == 0 ? -1 : name.LastIndexOf('~', tilde - 1))
        {
            if (name.Length >= tilde + 1 + IdLength && Guid.TryParseExact(name.AsSpan(tilde + 1, IdLength), "N", out id))
                return true;
        }
        return false;
    }
}
