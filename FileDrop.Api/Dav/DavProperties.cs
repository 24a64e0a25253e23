using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>A resource whose properties are shown.</summary>
/// <param name="Href">Its address.</param>
/// <param name="Name">Its name; empty for the root.</param>
/// <param name="Folder">The folder; null for a file and for the folder of loose files.</param>
/// <param name="File">The file; null for a folder.</param>
/// <param name="Locks">The locks that cover it, each with the address of the entry that was locked.</param>
internal sealed record DavItem(
    string Href, string Name, CatalogFolder? Folder, CatalogFile? File, IReadOnlyList<(EntryLock Lock, string Href)> Locks)
{
    public DavState State => File?.Dav ?? Folder?.Dav ?? DavState.None;
}

/// <summary>Writes properties of resources (RFC 4918, section 15; RFC 4331).</summary>
/// <param name="now">The catalog's clock.</param>
/// <param name="usage">The owner's used and free bytes, if a property asks for them; the free ones are null without a quota.</param>
internal sealed class DavProperties(DateTimeOffset now, (long Used, long? Free)? usage)
{
    private const string Windows = "urn:schemas-microsoft-com:";

    public static readonly XName QuotaUsed = DavXml.Dav + "quota-used-bytes";
    public static readonly XName QuotaFree = DavXml.Dav + "quota-available-bytes";
    public static readonly XName LastModified = DavXml.Dav + "getlastmodified";
    public static readonly XName WindowsModified = XName.Get("Win32LastModifiedTime", Windows);
    private static readonly XName s_displayName = DavXml.Dav + "displayname";
    private static readonly XName s_created = DavXml.Dav + "creationdate";
    private static readonly XName s_length = DavXml.Dav + "getcontentlength";
    private static readonly XName s_type = DavXml.Dav + "getcontenttype";
    private static readonly XName s_tag = DavXml.Dav + "getetag";
    private static readonly XName s_language = DavXml.Dav + "getcontentlanguage";
    private static readonly XName s_kind = DavXml.Dav + "resourcetype";
    private static readonly XName s_locks = DavXml.Dav + "lockdiscovery";
    private static readonly XName s_supported = DavXml.Dav + "supportedlock";

    /// <summary>The service's own properties, but for the quota, which has its price.</summary>
    private static readonly XName[] s_all = [s_displayName, s_created, s_length, s_type, s_tag, LastModified, s_kind, s_locks, s_supported];

    /// <summary>Properties that a client cannot set.</summary>
    public static bool IsProtected(XName name) => name != LastModified && (s_all.Contains(name) || name == QuotaUsed || name == QuotaFree || name == s_language);

    /// <summary>The time of a content's last change: the client's, else that of its upload.</summary>
    public static DateTimeOffset Modified(CatalogFile file) => file.ModifiedAt ?? file.Content.CreatedAt;

    /// <summary>Writes one property. False if the resource has none of this name.</summary>
    public bool Write(XmlWriter writer, DavItem item, XName name)
    {
        if (item.State.Properties.FirstOrDefault(each => XName.Get(each.Name, each.Space) == name) is { } dead
            && !(name == WindowsModified && item.File is not null))
        {
            DavXml.WriteKept(writer, dead.Xml);
            return true;
        }
        if (name == s_kind || name == s_locks || name == s_supported)
        {
            WriteStructured(writer, item, name);
            return true;
        }
        if (Value(item, name) is not { } value)
            return false;
        writer.WriteStartElement(name.Namespace == DavXml.Dav ? "D" : null, name.LocalName, name.NamespaceName);
        writer.WriteString(value);
        writer.WriteEndElement();
        return true;
    }

    /// <summary>Writes all properties but the quota, or only their names.</summary>
    public void WriteAll(XmlWriter writer, DavItem item, bool namesOnly)
    {
        foreach (var name in s_all)
        {
            if (!namesOnly)
                Write(writer, item, name);
            else if (name == s_kind || name == s_locks || name == s_supported || Value(item, name) is not null)
                WriteName(writer, name);
        }
        foreach (var dead in item.State.Properties)
        {
            if (namesOnly)
                WriteName(writer, XName.Get(dead.Name, dead.Space));
            else
                DavXml.WriteKept(writer, dead.Xml);
        }
    }

    /// <summary>Writes only a property's name.</summary>
    public static void WriteName(XmlWriter writer, XName name)
    {
        writer.WriteStartElement(name.Namespace == DavXml.Dav ? "D" : null, name.LocalName, name.NamespaceName);
        writer.WriteEndElement();
    }

    /// <summary>Writes the locks that cover a resource.</summary>
    public void WriteLocks(XmlWriter writer, IEnumerable<(EntryLock Lock, string Href)> locks)
    {
        writer.WriteStartElement("D", "lockdiscovery", "DAV:");
        foreach (var (each, href) in locks)
        {
            writer.WriteStartElement("D", "activelock", "DAV:");
            WriteKind(writer, each.IsShared);
            writer.WriteElementString("D", "depth", "DAV:", each.IsDeep ? "infinity" : "0");
            if (each.Contact is { } contact)
                DavXml.WriteKept(writer, contact);
            var left = Math.Max(0, (long)Math.Ceiling((each.ExpiresAt - now).TotalSeconds));
            writer.WriteElementString("D", "timeout", "DAV:", string.Create(CultureInfo.InvariantCulture, $"Second-{left}"));
            WriteHref(writer, "locktoken", IfHeader.Write(each.Token));
            WriteHref(writer, "lockroot", href);
            writer.WriteEndElement();
        }
        writer.WriteEndElement();
    }

    private void WriteStructured(XmlWriter writer, DavItem item, XName name)
    {
        if (name == s_locks)
        {
            WriteLocks(writer, item.Locks);
            return;
        }
        writer.WriteStartElement("D", name.LocalName, "DAV:");
        if (name == s_kind && item.File is null)
        {
            writer.WriteStartElement("D", "collection", "DAV:");
            writer.WriteEndElement();
        }
        if (name == s_supported)
        {
            foreach (var isShared in new[] { false, true })
            {
                writer.WriteStartElement("D", "lockentry", "DAV:");
                WriteKind(writer, isShared);
                writer.WriteEndElement();
            }
        }
        writer.WriteEndElement();
    }

    private static void WriteKind(XmlWriter writer, bool isShared)
    {
        writer.WriteStartElement("D", "lockscope", "DAV:");
        writer.WriteElementString("D", isShared ? "shared" : "exclusive", "DAV:", "");
        writer.WriteEndElement();
        writer.WriteStartElement("D", "locktype", "DAV:");
        writer.WriteElementString("D", "write", "DAV:", "");
        writer.WriteEndElement();
    }

    private static void WriteHref(XmlWriter writer, string name, string href)
    {
        writer.WriteStartElement("D", name, "DAV:");
        writer.WriteElementString("D", "href", "DAV:", href);
        writer.WriteEndElement();
    }

    private string? Value(DavItem item, XName name)
    {
        var isFolder = item.File is null;
        if (name == s_displayName)
            return DavXml.Text(item.Name.Length == 0 ? "FileDrop" : item.Name);
        if (name == s_created)
            return (item.File?.CreatedAt ?? item.Folder?.CreatedAt ?? now) is var at
                ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null;
        if (name == LastModified || (name == WindowsModified && !isFolder))
            return (item.File is { } file ? Modified(file) : item.Folder?.UpdatedAt ?? now).ToString("r", CultureInfo.InvariantCulture);
        if (name == QuotaUsed && isFolder)
            return usage?.Used.ToString(CultureInfo.InvariantCulture);
        if (name == QuotaFree && isFolder)
            return usage?.Free?.ToString(CultureInfo.InvariantCulture);
        if (item.File is not { } content)
            return null;
        return name == s_length ? content.Content.Size.ToString(CultureInfo.InvariantCulture)
            : name == s_type ? content.Content.Type
            : name == s_tag ? Preconditions.EntityTag(content).ToString()
            : null;
    }
}
