using System.Globalization;
using System.Text;
using QRCoder;

namespace FileDrop.Api.Shares;

/// <summary>Draws QR codes as SVG, so that no other service sees a link.</summary>
internal static class QrPicture
{
    /// <summary>Draws a text. The picture has its own quiet zone, which scanners need (ISO/IEC 18004).</summary>
    public static string Of(string text)
    {
        var modules = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M).ModuleMatrix;
        var path = new StringBuilder();
        for (var y = 0; y < modules.Count; y++)
        {
            for (var x = 0; x < modules[y].Count; x++)
            {
                if (modules[y][x])
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
            }
        }
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {modules.Count} {modules.Count}" shape-rendering="crispEdges" role="img" aria-label="QR code of the link"><path fill="#fff" d="M0 0h{modules.Count}v{modules.Count}H0z"/><path d="{path}"/></svg>

            """);
    }
}
