using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;

namespace FileDrop.Api.Tests.Page;

/// <summary>SQLite and the disk, with a trash.</summary>
public sealed class PageOnEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [("FileDrop:Trash:Retention", "1.00:00:00")];
}

/// <summary>SQLite and the disk, with a trash, for callers with a key.</summary>
public sealed class GuardedPagePair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [AccessWords.AdminSetting, ("FileDrop:Trash:Retention", "1.00:00:00")];
}

/// <summary>MongoDB and S3, with a trash.</summary>
public sealed class PageOnClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => [("FileDrop:Trash:Retention", "1.00:00:00")];
}

/// <summary>SQLite and the disk, with some files of the usual kinds and some folders in the root.</summary>
public sealed class FilledPair : EmbeddedPair
{
    private Task? _filled;
    private Task? _shared;

    /// <summary>The name of a folder.</summary>
    public const string LongName = "Invoices of a very long name, which no column and no breadcrumb has the room for, however wide";

    /// <summary>The content of one of its files.</summary>
    public static ReadOnlySpan<byte> Notes =>
        "Things to bring:\n\n  - the map (żółty szlak)\n  - water\n  - 灯泡 for the hut\n\nBack before dark.\n"u8;

    protected override (string Key, string Value)[] Settings => [("FileDrop:Trash:Retention", "1.00:00:00")];

    /// <summary>Uploads the files, once.</summary>
    public Task FillAsync() => _filled ??= FillCoreAsync();

    /// <summary>Makes links of the usual kinds to some of the files, once.</summary>
    public Task ShareAsync() => _shared ??= ShareCoreAsync();

    private async Task ShareCoreAsync()
    {
        await FillAsync();
        var ids = (await Http.EntriesAsync("root")).ToDictionary(
            entry => entry.Label(), entry => entry.GetProperty(entry.GetProperty("kind").GetString() == "folder" ? "folder_id" : "file_id").GetString() ?? "");
        await Http.ShareAsync(new { ids = new[] { ids["Letters/"] }, mode = "upload", note = "Your letters, please.", drop = new { max_files = 100, max_bytes = 1_000_000_000 } });
        await Http.ShareAsync(new { ids = new[] { ids["Plan.md"], ids["Costs.csv"], ids["Budget.xlsx"] }, max_downloads = 10 });
        await Http.ShareAsync(new { ids = new[] { ids["Notes.txt"] }, mode = "view", password = ShareWords.Password, expires_at = "2099-01-01T12:00:00Z" });
        var gone = (await Http.PlaceAsync([1], "Gone.txt")).Id();
        await Http.LinkAsync(gone);
        await Http.DeletedAsync($"/files/{gone}");
    }

    private async Task FillCoreAsync()
    {
        for (var number = 12; number > 0; number--)
            await Http.PlaceAsync(Samples.Pdf($"Scan {number}"), $"Scan {number:D3}.pdf", "application/pdf");
        await Http.PlaceAsync(new byte[8_213_000], "Backup 2026-11.tar.gz", "application/gzip");
        await Http.PlaceAsync(new byte[48_213], "Budget.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        await Http.PlaceAsync([1], "מסמך חשוב (1).docx");
        await Http.PlaceAsync(Samples.Pdf("Report"), "تقرير ٢٠٢٦.pdf", "application/pdf");
        await Http.PlaceAsync("# Plan\n\nWe leave **early**, by the [first bus](https://example.org/).\n\n- map\n- [x] water\n\n> No smoking.\n"u8.ToArray(), "Plan.md", "text/markdown");
        await Http.PlaceAsync("what,price\nbus,12.50\nhut,\"40, with breakfast\"\n"u8.ToArray(), "Costs.csv", "text/csv");
        await Http.PlaceAsync("{\n  \"path\": \"/żółty\",\n  \"days\": 3\n}\n"u8.ToArray(), "settings.json", "application/json");
        await Http.PlaceAsync(Samples.Wav(20), "Interview.wav", "audio/wav");
        await Http.PlaceAsync(Notes.ToArray(), "Notes.txt", "text/plain;charset=utf-8");
        await Http.PlaceAsync(Samples.Pdf("All is well"), "Quarterly report.pdf", "application/pdf");
        var picture = await Http.PlaceAsync(Samples.Png(720, 440), "Tatra at sunset.png", "image/png");
        using var tags = System.Net.Http.Json.JsonContent.Create(new { tags = new { place = "Tatra", project = "apollo" } });
        using var tagged = await Http.PutAsync($"/files/{picture.Id()}", tags);
        var photos = (await Http.FolderAsync("Photos")).FolderId();
        var year = (await Http.FolderAsync("2026", photos)).FolderId();
        var tatra = (await Http.FolderAsync("Tatra mountains", year)).FolderId();
        for (var number = 3; number > 0; number--)
            await Http.PlaceAsync(Samples.Png(300, 200), $"Peak {number}.png", "image/png", tatra);
        foreach (var name in new[] { "Letters", "צילומים", LongName })
            await Http.FolderAsync(name);
        await Http.FolderAsync("2025", photos);
        foreach (var name in new[] { "IMG_2041.jpg", "Recipe.txt", "Recipe.txt" })
            await Http.UploadAsync([1], name);
        var old = (await Http.FolderAsync("Old project")).FolderId();
        await Http.PlaceAsync([1], "Plan.md", folder: old);
        await Http.DeletedAsync($"/folders/{old}");
        foreach (var name in new[] { "Old draft.docx", "Duplicate of notes.txt" })
            using (await Http.DeleteAsync($"/files/{(await Http.UploadAsync([1], name)).Id()}"))
                continue;
    }
}
