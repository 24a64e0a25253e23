using System.Buffers.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Text;

namespace FileDrop.Api.Shares;

/// <summary>A place in the list of a shared folder, as text. It names only a place: a visitor who makes one up sees the same folder from elsewhere.</summary>
internal static class SharedCursor
{
    public static string Write(EntryPosition place) =>
        Base64Url.EncodeToString([(byte)place.Kind, .. place.After is { } after ? ListCursor.WritePosition(after) : []]);

    /// <exception cref="ProblemException">No list issued it.</exception>
    public static EntryPosition Read(string text) => Base64UrlText.TryDecode(text, out var bytes) && bytes is [0 or 1, ..]
        ? new EntryPosition((EntryKind)bytes[0], bytes.Length == 1 ? null : ListCursor.ReadPosition(bytes.AsSpan(1), byName: true))
        : throw ListCursor.NotIssued();
}
