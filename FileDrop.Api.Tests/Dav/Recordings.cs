namespace FileDrop.Api.Tests.Dav;

/// <summary>
/// Requests of widespread clients. Their order, methods and fields are those that logs of other servers show, which people have published with reports of
/// faults: of sabre/dav and ownCloud, Pydio, Seafile, Redmine, WebDAV servers for Node.js and nginx, Cryptomator.
/// </summary>
internal static class Recordings
{
    private const string Finder = "WebDAVFS/3.0.0 (03008000) Darwin/24.6.0 (arm64)";
    private const string Explorer = "Microsoft-WebDAV-MiniRedir/10.0.26100";
    private const string Word = "Microsoft Office Word 2014";
    private const string Gnome = "gvfs/1.57.2";
    private const string Android = "okhttp/4.12.0";

    private const string Stat = """
        <?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/><D:creationdate/><D:resourcetype/></D:prop></D:propfind>
        """;

    private const string List = """
        <?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/><D:creationdate/>
        <D:resourcetype/><A:appledoubleheader xmlns:A="http://www.apple.com/webdav_fs/props/"/></D:prop></D:propfind>
        """;

    private const string Space = """
        <?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/><D:quota/><D:quotaused/></D:prop></D:propfind>
        """;

    private const string FinderLock = """
        <?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
        <D:owner><D:href>http://www.apple.com/webdav_fs/</D:href></D:owner></D:lockinfo>
        """;

    private const string WindowsLock = """
        <?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>
        <D:owner><D:href>DESKTOP\ann</D:href></D:owner></D:lockinfo>
        """;

    private const string Times = """
        <?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>
        <Z:Win32CreationTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32CreationTime><Z:Win32LastAccessTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32LastAccessTime>
        <Z:Win32LastModifiedTime>Mon, 01 Jun 2026 10:00:00 GMT</Z:Win32LastModifiedTime><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>
        """;

    private const string GnomeStat = """
        <?xml version="1.0" encoding="utf-8" ?><D:propfind xmlns:D="DAV:"><D:prop><D:creationdate/><D:displayname/><D:getcontentlength/><D:getcontenttype/>
        <D:getetag/><D:getlastmodified/><D:resourcetype/></D:prop></D:propfind>
        """;

    private static readonly (string, string) s_held = ("If", "({lock})");
    private static readonly (string, string) s_zero = ("Depth", "0");
    private static readonly (string, string) s_one = ("Depth", "1");
    private static readonly (string, string) s_plain = ("Translate", "f");
    private static readonly (string, string) s_hour = ("Timeout", "Second-3600");
    private static readonly (string, string) s_redirect = ("Apply-To-Redirect-Ref", "T");
    private static readonly (string, string) s_never = ("Overwrite", "F");
    private static readonly (string, string) s_unlocks = ("Lock-Token", "{lock}");

    public static IReadOnlyList<Recording> All =>
    [
        new(Finder, "mount and look around")
        {
            Before = [("a.txt", "a")],
            Requests =
            [
                new(200, "OPTIONS", ""),
                new(207, "PROPFIND", "", Stat, s_zero),
                new(207, "PROPFIND", "", Space, s_zero) { Says = ["quota-used-bytes"] },
                new(404, "PROPFIND", ".metadata_never_index", Stat, s_zero),
                new(404, "PROPFIND", ".Spotlight-V100", Stat, s_zero),
                new(404, "PROPFIND", ".hidden", Stat, s_zero),
                new(404, "PROPFIND", "._.", Stat, s_zero),
                new(207, "PROPFIND", "", List, s_one) { Says = ["a.txt", "appledoubleheader", "404"] },
                new(404, "PROPFIND", ".DS_Store", Stat, s_zero),
                new(206, "GET", "a.txt", null, ("Range", "bytes=0-4095")),
            ],
        },
        new(Finder, "copy a file to the drive")
        {
            Requests =
            [
                new(404, "PROPFIND", "some%20file.txt", Stat, s_zero),
                new(404, "PROPFIND", "some%20file.txt", Stat, s_zero),
                new(201, "PUT", "some%20file.txt", "") { IsChunked = true },
                new(404, "PROPFIND", "._some%20file.txt", Stat, s_zero),
                new(200, "LOCK", "some%20file.txt", FinderLock, s_zero, ("Timeout", "Second-600")),
                new(200, "GET", "some%20file.txt"),
                new(204, "PUT", "some%20file.txt", "content", s_held, ("X-Expected-Entity-Length", "7")) { IsChunked = true },
                new(207, "PROPFIND", "some%20file.txt", Stat, s_zero) { Says = [">7<"] },
                new(200, "LOCK", "some%20file.txt", null, s_held, ("Timeout", "Second-600")),
                new(204, "UNLOCK", "some%20file.txt", null, s_unlocks),
                new(201, "PUT", "._some%20file.txt", "") { IsChunked = true },
                new(200, "LOCK", "._some%20file.txt", FinderLock, s_zero, ("Timeout", "Second-600")),
                new(204, "PUT", "._some%20file.txt", "AppleDouble", s_held) { IsChunked = true },
                new(204, "UNLOCK", "._some%20file.txt", null, s_unlocks),
                new(207, "PROPFIND", "", List, s_one) { Says = ["some%20file.txt"] },
            ],
            After = [("some%20file.txt", "content"), ("._some%20file.txt", "AppleDouble")],
        },
        new(Finder, "change a picture by a program that keeps the old one under another name")
        {
            Before = [("home_page.jpg", "old")],
            Requests =
            [
                new(404, "PROPFIND", "home_page.jpg_exiftool_tmp", Stat, s_zero),
                new(201, "PUT", "home_page.jpg_exiftool_tmp", "") { IsChunked = true },
                new(404, "PROPFIND", "._home_page.jpg_exiftool_tmp", Stat, s_zero),
                new(200, "LOCK", "home_page.jpg_exiftool_tmp", FinderLock, s_zero, ("Timeout", "Second-600")),
                new(200, "GET", "home_page.jpg"),
                new(204, "PUT", "home_page.jpg_exiftool_tmp", "new", s_held) { IsChunked = true },
                new(204, "UNLOCK", "home_page.jpg_exiftool_tmp", null, s_unlocks),
                new(404, "PROPFIND", "home_page.jpg_original", Stat, s_zero),
                new(201, "MOVE", "home_page.jpg", null, ("Destination", "home_page.jpg_original")),
                new(201, "MOVE", "home_page.jpg_exiftool_tmp", null, ("Destination", "home_page.jpg")),
            ],
            After = [("home_page.jpg", "new"), ("home_page.jpg_original", "old"), ("home_page.jpg_exiftool_tmp", null)],
        },
        new(Explorer, "map the drive")
        {
            Before = [("sub/a.txt", "a")],
            Requests =
            [
                new(200, "OPTIONS", "", null, s_plain),
                new(207, "PROPFIND", "", "", s_zero, s_plain),
                new(207, "PROPFIND", "", "", s_one, s_plain) { Says = ["sub/"] },
                new(404, "PROPFIND", "desktop.ini", "", s_zero, s_plain),
                new(404, "PROPFIND", "sub/folder.jpg", "", s_zero, s_plain),
                new(207, "PROPFIND", "sub", "", s_one, s_plain) { Says = ["a.txt", "supportedlock"] },
                new(200, "GET", "sub/a.txt", null, s_plain),
            ],
        },
        new(Explorer, "make a text document and write into it")
        {
            Requests =
            [
                new(404, "PROPFIND", "New%20Text%20Document.txt", "", s_zero, s_plain),
                new(201, "PUT", "New%20Text%20Document.txt", "", s_plain),
                new(200, "LOCK", "New%20Text%20Document.txt", WindowsLock, s_hour, s_plain),
                new(207, "PROPPATCH", "New%20Text%20Document.txt", Times, s_held, s_plain),
                new(200, "HEAD", "New%20Text%20Document.txt", null, s_plain),
                new(204, "PUT", "New%20Text%20Document.txt", "", s_held, s_plain),
                new(207, "PROPPATCH", "New%20Text%20Document.txt", Times, s_held, s_plain),
                new(204, "UNLOCK", "New%20Text%20Document.txt", null, s_unlocks, s_plain),
                new(207, "PROPFIND", "New%20Text%20Document.txt", "", s_zero, s_plain),
                new(200, "LOCK", "New%20Text%20Document.txt", WindowsLock, s_hour, s_plain),
                new(200, "HEAD", "New%20Text%20Document.txt", null, s_plain),
                new(204, "PUT", "New%20Text%20Document.txt", "text", s_held, s_plain),
                new(207, "PROPPATCH", "New%20Text%20Document.txt", Times, s_held, s_plain),
                new(204, "UNLOCK", "New%20Text%20Document.txt", null, s_unlocks, s_plain),
                new(207, "PROPFIND", "New%20Text%20Document.txt", "", s_zero, s_plain) { Says = ["Mon, 01 Jun 2026 10:00:00 GMT"] },
            ],
            After = [("New%20Text%20Document.txt", "text")],
        },
        new(Explorer, "make, rename, copy and delete a folder")
        {
            Before = [("a.txt", "a")],
            Requests =
            [
                new(404, "PROPFIND", "New%20folder", "", s_zero, s_plain),
                new(201, "MKCOL", "New%20folder", null, s_plain),
                new(207, "PROPFIND", "New%20folder", "", s_zero, s_plain),
                new(404, "PROPFIND", "Bilder%20%C3%A4", "", s_zero, s_plain),
                new(201, "MOVE", "New%20folder", null, ("Destination", "Bilder%20%c3%a4"), s_never, s_plain),
                new(412, "MOVE", "a.txt", null, ("Destination", "Bilder%20%C3%A4"), s_never, s_plain),
                new(201, "COPY", "a.txt", null, ("Destination", "Bilder%20\u00e4/b.txt"), s_never, s_plain),
                new(207, "PROPFIND", "Bilder%20%C3%A4", "", s_one, s_plain) { Says = ["b.txt"] },
                new(204, "DELETE", "Bilder%20%C3%A4/", null, s_plain),
                new(404, "PROPFIND", "Bilder%20%C3%A4", "", s_zero, s_plain),
            ],
            After = [("a.txt", "a")],
            Trash = ["Bilder \u00e4"],
        },
        new(Explorer, "save a document of Word, which moves the old file aside")
        {
            Before = [("test.docx", "old")],
            Requests =
            [
                new(207, "PROPFIND", "test.docx", "", s_zero, s_plain),
                new(200, "GET", "test.docx", null, s_plain),
                new(404, "PROPFIND", "~$test.docx", "", s_zero, s_plain),
                new(201, "PUT", "~%24test.docx", "", s_plain),
                new(200, "LOCK", "~%24test.docx", WindowsLock, s_hour, s_plain),
                new(200, "HEAD", "~%24test.docx", null, s_plain),
                new(204, "PUT", "~%24test.docx", "ann", s_held, s_plain),
                new(207, "PROPPATCH", "~%24test.docx", Times, s_held, s_plain),
                new(204, "UNLOCK", "~%24test.docx", null, s_unlocks, s_plain),
                new(201, "PUT", "~WRD0000.tmp", "", s_plain),
                new(200, "LOCK", "~WRD0000.tmp", WindowsLock, s_hour, s_plain),
                new(204, "PUT", "~WRD0000.tmp", "new", s_held, s_plain),
                new(207, "PROPPATCH", "~WRD0000.tmp", Times, s_held, s_plain),
                new(204, "UNLOCK", "~WRD0000.tmp", null, s_unlocks, s_plain),
                new(404, "PROPFIND", "~WRL0001.tmp", "", s_zero, s_plain),
                new(201, "MOVE", "test.docx", null, ("Destination", "~WRL0001.tmp"), s_never, s_plain),
                new(201, "MOVE", "~WRD0000.tmp", null, ("Destination", "test.docx"), s_never, s_plain),
                new(204, "DELETE", "~WRL0001.tmp", null, s_plain),
                new(204, "DELETE", "~$test.docx", null, s_plain),
            ],
            After = [("test.docx", "new"), ("~WRL0001.tmp", null), ("~WRD0000.tmp", null), ("~$test.docx", null)],
            // The old document must not pass the trash by, as files do that were momentary from the beginning.
            Trash = ["~WRL0001.tmp"],
        },
        new(Explorer, "save a document of LibreOffice")
        {
            Before = [("test document.odt", "old")],
            Requests =
            [
                new(200, "LOCK", "test%20document.odt", WindowsLock, s_hour, s_plain),
                new(404, "PROPFIND", ".~lock.test%20document.odt%23", "", s_zero, s_plain),
                new(201, "PUT", ".~lock.test%20document.odt%23", ",ann,DESKTOP;", s_plain),
                new(200, "HEAD", "test%20document.odt", null, s_plain),
                new(204, "PUT", "test%20document.odt", "new", s_held, s_plain),
                new(207, "PROPPATCH", "test%20document.odt", Times, s_held, s_plain),
                new(204, "UNLOCK", "test%20document.odt", null, s_unlocks, s_plain),
                new(204, "DELETE", ".~lock.test%20document.odt%23", null, s_plain),
            ],
            After = [("test%20document.odt", "new"), (".~lock.test%20document.odt%23", null)],
            Keeps = "test%20document.odt",
            Versions = 2,
        },
        new(Word, "open a document by its address, save it twice and close it")
        {
            Before = [("test hallo.docx", "old")],
            Requests =
            [
                new(200, "OPTIONS", "", null, ("X-Office-Major-Version", "16"), ("X-MS-CookieUri-Requested", "t"), ("X-IDCRL_ACCEPTED", "t")),
                // Word sends this field also to servers that ask for no password.
                new(200, "HEAD", "test%20hallo.docx", null, ("Authorization", "Bearer"), ("X-Office-Major-Version", "16")),
                new(200, "LOCK", "test%20hallo.docx", WindowsLock, ("Authorization", "Bearer"), s_hour, s_zero),
                new(200, "GET", "test%20hallo.docx", null, ("Authorization", "Bearer"), s_zero, s_plain),
                new(207, "PROPFIND", "test%20hallo.docx", Stat, ("Authorization", "Bearer"), s_zero),
                new(200, "LOCK", "test%20hallo.docx", null, ("Authorization", "Bearer"), s_held, s_hour),
                new(204, "PUT", "test%20hallo.docx", "draft", ("Authorization", "Bearer"), s_held),
                new(204, "PUT", "test%20hallo.docx", "final", ("Authorization", "Bearer"), s_held),
                new(204, "UNLOCK", "test%20hallo.docx", null, ("Authorization", "Bearer"), s_unlocks),
            ],
            After = [("test%20hallo.docx", "final")],
            Keeps = "test%20hallo.docx",
            Versions = 2,
        },
        new(Gnome, "make a folder, copy a file into it and edit it")
        {
            Requests =
            [
                new(200, "OPTIONS", ""),
                new(207, "PROPFIND", "", GnomeStat, s_zero, s_redirect),
                new(207, "PROPFIND", "", GnomeStat, s_one, s_redirect),
                new(201, "MKCOL", "Unbenannter%20Ordner/"),
                new(207, "PROPFIND", "Unbenannter%20Ordner", GnomeStat, s_zero, s_redirect),
                new(201, "MOVE", "Unbenannter%20Ordner", null, ("Destination", "Noten/"), s_never),
                new(404, "PROPFIND", "Noten/chor.txt", GnomeStat, s_zero, s_redirect),
                new(201, "PUT", "Noten/chor.txt", "", ("If-None-Match", "*")),
                new(204, "PUT", "Noten/chor.txt", "first"),
                new(207, "PROPFIND", "Noten/chor.txt", GnomeStat, s_zero, s_redirect) { Says = ["getetag"] },
                new(201, "PUT", "Noten/.chor.txt.part", "second"),
                new(204, "MOVE", "Noten/.chor.txt.part", null, ("Destination", "Noten/chor.txt"), ("Overwrite", "T")),
                new(207, "PROPFIND", "Noten", GnomeStat, s_one, s_redirect) { Says = ["chor.txt"] },
            ],
            After = [("Noten/chor.txt", "second"), ("Noten/.chor.txt.part", null)],
        },
        new(Android, "save a file behind a proxy that ends TLS")
        {
            Before = [("file.txt", "old")],
            Requests =
            [
                new(201, "PUT", "file.txt.tmp.18881965", "new"),
                new(204, "MOVE", "file.txt.tmp.18881965", null, ("Destination", "https://{host}{top}/file.txt"), ("Overwrite", "T")),
            ],
            After = [("file.txt", "new"), ("file.txt.tmp.18881965", null)],
            Keeps = "file.txt",
            Versions = 2,
        },
    ];
}
