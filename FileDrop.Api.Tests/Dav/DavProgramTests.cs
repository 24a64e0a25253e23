using FileDrop.Api.Tests.Access;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Programs and libraries of others use the drive: rclone, cadaver, and the package webdav of npm.</summary>
public abstract class DavProgramTests(Pair pair)
{
    /// <summary>Synchronizes a tree twice, with changes in between, and compares every byte and every time.</summary>
    private const string Sync = """
        set -e
        export RCLONE_CONFIG="$1/rclone.conf" RCLONE_WEBDAV_URL="$2" RCLONE_WEBDAV_VENDOR=owncloud RCLONE_WEBDAV_USER=me
        export RCLONE_WEBDAV_PASS="$(rclone obscure "$3")"
        : > "$1/rclone.conf"
        mkdir -p "$1/tree/sub/deep" "$1/tree/empty" "$1/back"
        for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" > "$1/tree/sub/$i.txt"; done
        head -c 5000000 /dev/urandom > "$1/tree/sub/deep/large.bin"
        : > "$1/tree/nothing"
        echo x > "$1/tree/sub/100% #1 & ü.txt"
        touch -d '2001-02-03 04:05:06 UTC' "$1/tree/sub/1.txt"
        rclone sync --create-empty-src-dirs "$1/tree" :webdav:tree
        rclone check --download "$1/tree" :webdav:tree 2>&1
        test "$(rclone sync --dry-run "$1/tree" :webdav:tree 2>&1 | grep -c 'Skipped copy')" = 0
        rm "$1/tree/sub/2.txt"
        mv "$1/tree/sub/3.txt" "$1/tree/sub/deep/3.txt"
        echo changed > "$1/tree/sub/4.txt"
        rclone sync --create-empty-src-dirs "$1/tree" :webdav:tree
        rclone check --download "$1/tree" :webdav:tree 2>&1
        rclone moveto :webdav:tree/sub :webdav:tree/moved
        rclone copyto :webdav:tree/moved/5.txt :webdav:tree/copied.txt
        rclone sync --create-empty-src-dirs :webdav:tree "$1/back"
        cmp "$1/tree/sub/deep/large.bin" "$1/back/moved/deep/large.bin"
        cmp "$1/tree/sub/5.txt" "$1/back/copied.txt"
        cmp "$1/tree/sub/100% #1 & ü.txt" "$1/back/moved/100% #1 & ü.txt"
        test -d "$1/back/empty"
        test "$(stat -c %Y "$1/back/moved/1.txt")" = 981173106
        rclone about :webdav: | grep -q Used
        rclone purge :webdav:tree/moved
        rclone lsf :webdav:tree | sort | tr '\n' ' '
        """;

    /// <summary>Does once what cadaver can do. It asks for a password on a terminal, so the drive must need none.</summary>
    private const string Cadaver = """
        cd "$1"
        echo hello > a.txt
        cadaver "$2" > log 2>&1 <<'END'
        mkcol notes
        cd notes
        put a.txt
        put a.txt "b c.txt"
        copy a.txt copy.txt
        move copy.txt moved.txt
        propset a.txt color green
        propget a.txt color
        lock a.txt
        discover a.txt
        put a.txt
        unlock a.txt
        get moved.txt got.txt
        ls
        delete "b c.txt"
        cd ..
        copy notes again
        rmcol notes
        quit
        END
        cat log
        cmp a.txt got.txt
        """;

    [Fact]
    [ClusterAtNight]
    public async Task Rclone_synchronizes_a_tree_with_its_times_there_and_back()
    {
        await DemandAsync("rclone");
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        Assert.EndsWith("copied.txt empty/ nothing ", await RunAsync(Sync, $"{new Uri(service.Address, "/dav/")}", AccessWords.AdminKey), StringComparison.Ordinal);
    }

    [Fact]
    [ClusterAtNight]
    public async Task Cadaver_does_all_that_it_can()
    {
        await DemandAsync("cadaver");
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var output = await RunAsync(Cadaver, $"{new Uri(service.Address, "/dav/")}");
        foreach (var failure in new[] { "failed", "Failed", "error", "refused", "not found" })
            Assert.False(output.Contains(failure, StringComparison.Ordinal), output);
        Assert.Contains("green", output, StringComparison.Ordinal);
        Assert.Equal("hello\n", await service.Http.GetStringAsync("/dav/again/moved.txt"));
        Assert.Equal(["/dav/again/", "/dav/again/a.txt", "/dav/again/moved.txt"], (await service.Http.FindAsync("/dav/again", depth: 1)).Hrefs());
        await service.Http.DavOkAsync(404, "PROPFIND", "/dav/notes", null, ("Depth", "0"));
    }

    [Fact]
    [ClusterAtNight]
    public async Task Programs_built_on_the_package_webdav_find_all_that_it_offers()
    {
        using var npm = await NpmFolder.InstallAsync("Dav/webdav");
        Assert.NotEmpty(npm.Path);
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting, ("FileDrop:Quota:Bytes", "10000000"));
        await npm.RunAsync("use", $"{new Uri(service.Address, "/dav/")}", AccessWords.AdminKey);
    }

    private static async Task DemandAsync(string program)
    {
        var (missing, _) = await Shell.RunAsync("command -v \"$1\"", program);
        Assert.SkipWhen(missing != 0, $"{program} is not installed: apt-get install {program}.");
    }

    /// <summary>Runs a script, which must succeed, in a folder of its own, which is its first argument.</summary>
    private static async Task<string> RunAsync(string script, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("filedrop-dav-").FullName;
        try
        {
            var (exit, output) = await Shell.RunAsync(script, [folder, .. arguments]);
            Assert.True(exit == 0, output);
            return output;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

public sealed class DavProgramOnEmbeddedTests(EmbeddedPair pair) : DavProgramTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavProgramOnClusterTests(ClusterPair pair) : DavProgramTests(pair), IClassFixture<ClusterPair>;
