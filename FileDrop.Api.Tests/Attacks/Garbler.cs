using System.Text;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Garbles valid texts; the same seed makes the same text.</summary>
/// <param name="seeds">Texts that a parser accepts.</param>
internal sealed class Garbler(string[] seeds)
{
    /// <summary>Pieces with a meaning for one of the parsers, and the first and last values of their kinds.</summary>
    private static readonly string[] Pieces =
    [
        "", "\"", "'", "''", "\\", "%", "%00", "%E9", "%C3%A9", "%zz", "=", "==", ":", "::", ";", ",", ",,", "*", "?0", "?1", "-", "--", "+", "/", "_", "__", "!", " ", "\t", "\r\n", "\0",
        "\u0001", "\u001b[31m", "\u007f", "\u0085", "\u00a0", "\u00e9", "\u0130", "\u0301", "\u0661", "\u2028", "\u202e", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\ud800", "\udc00", "🎉",
        "0", "00", "-1", "9223372036854775807", "9223372036854775808", "99999999999999999999", "1e309", "0x1", "W/", "bytes=", "sha-256=:", "filename*=", "UTF-8''", "final;", "null", "{", "}", "[",
        "]", "{\"a\":", "\\ud800", "\\u0000", "A", "AAAA", "A===", "fd_", "ey", ".", "..", "GMT", "Z", "chunked", "gzip", "boundary=", "\r\n--b", "--b--", "&", "limit=", "cursor=", "tag=a:b",
    ];

    public string Text(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(seeds[random.Next(seeds.Length)]);
        for (var changes = random.Next(5); changes >= 0; changes--)
        {
            var (at, length) = (random.Next(text.Length + 1), random.Next(1, 5));
            switch (random.Next(7))
            {
                case 0:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 1:
                    text.Remove(at, Math.Min(length, text.Length - at));
                    break;
                case 2:
                    text.Length = at;
                    break;
                case 3 when text.Length < 4096:
                    text.Insert(at, text.ToString(0, at));
                    break;
                case 4 when at < text.Length:
                    text[at] = (char)random.Next(random.Next(2) == 0 ? 0x100 : 0x10000);
                    break;
                case 5 when at < text.Length:
                    text[at] = (char)(text[at] ^ (1 << random.Next(7)));
                    break;
                default:
                    text.Insert(at, seeds[random.Next(seeds.Length)]);
                    break;
            }
        }
        return text.ToString();
    }
}
