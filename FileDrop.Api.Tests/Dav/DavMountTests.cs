using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The drive, really mounted: by davfs2, and by rclone.</summary>
/// <remarks>With davfs2, the tests read by name, since davfs2 1.6 cannot list folders on some kernels, with any server. git needs lists, so it works on rclone's mount.</remarks>
[Trait("Run", "nightly")]
public sealed class DavMountTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    /// <summary>Defines how to mount with davfs2: <c>$1</c> is the address, <c>$2</c> a folder.</summary>
    private const string Davfs = """
        set -e
        printf 'use_locks 1\nask_auth 0\ndelay_upload 0\n' > "$2/conf"
        chmod 755 "$2"
        mount_it() { echo | timeout 60 mount.davfs -o conf="$2/conf" "$1" "$2/mount"; }

        """;

    private const string Copy = Davfs + """
        same() { for file in "$3"/*.cs; do cmp "$file" "$2/mount/$4/${file##*/}"; done; }
        mount_it "$@"
        mkdir "$2/mount/$4"
        cp "$3"/*.cs "$2/mount/$4/"
        same "$@"
        echo old > "$2/mount/$4/saved"
        echo new > "$2/mount/$4/saved.tmp"
        mv "$2/mount/$4/saved.tmp" "$2/mount/$4/saved"
        timeout 120 umount "$2/mount"
        mount_it "$@"
        same "$@"
        test "$(cat "$2/mount/$4/saved")" = new
        timeout 120 umount "$2/mount"
        """;

    /// <summary>Mounts with rclone, copies a tree, clones a repository, saves as editors do, and does not end before everything is stored.</summary>
    private const string Clone = """
        set -e
        : > "$2/rclone.conf"
        export RCLONE_CONFIG="$2/rclone.conf" RCLONE_WEBDAV_URL="$1" RCLONE_WEBDAV_VENDOR=owncloud
        mount_it() { timeout 60 rclone mount :webdav: "$2/mount" --vfs-cache-mode full --vfs-write-back 1s --cache-dir "$2/cache$3" --daemon; }
        mkdir "$2/repository"
        cp -r "$3" "$2/repository/tree"
        git -C "$2/repository" init -q
        git -C "$2/repository" add -A
        git -C "$2/repository" -c user.name=me -c user.email=me@example.com commit -qm first
        mount_it "$1" "$2" 1
        cp -r "$3" "$2/mount/tree"
        git clone -q --no-local "$2/repository" "$2/mount/clone"
        echo old > "$2/mount/saved"
        echo new > "$2/mount/.saved.swp"
        mv "$2/mount/.saved.swp" "$2/mount/saved"
        tries=0
        until rclone check --download "$3" :webdav:tree && rclone check --download "$2/mount/clone" :webdav:clone && test "$(rclone cat :webdav:saved)" = new; do
            tries=$((tries + 1)); sleep 1
            if [ $tries -ge 60 ]; then tail -n 40 "$2/log"; exit 1; fi
        done > "$2/log" 2>&1
        fusermount3 -u "$2/mount"
        mount_it "$1" "$2" 2
        diff -r "$3" "$2/mount/tree"
        git -C "$2/mount/clone" fsck --strict 2>&1
        test -z "$(git -C "$2/mount/clone" -c core.checkStat=minimal -c core.trustctime=false diff --name-only HEAD)"
        fusermount3 -u "$2/mount"
        """;

    [Fact]
    public async Task Files_that_were_copied_to_a_mounted_drive_are_there_after_it_was_mounted_again()
    {
        await DemandAsync("mount.davfs");
        await using var folder = new MountFolder();
        var source = Path.Combine(Repository.Root, "FileDrop.Api", "Dav");
        await RunAsync(Copy, Drive(pair.Service.Address), folder.Path, source, "source");
        foreach (var file in Directory.EnumerateFiles(source, "*.cs"))
            Assert.Equal(await File.ReadAllBytesAsync(file), await pair.Http.GetByteArrayAsync($"/dav/source/{Path.GetFileName(file)}"));
    }

    [Fact]
    public async Task A_tree_and_a_clone_of_a_repository_on_a_mounted_drive_are_there_after_it_was_mounted_again()
    {
        foreach (var program in new[] { "rclone", "fusermount3", "git" })
            await DemandAsync(program);
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        await using var folder = new MountFolder();
        await RunAsync(Clone, Drive(service.Address), folder.Path, Path.Combine(Repository.Root, "FileDrop.Api", "Dav"));
    }

    [Fact]
    public async Task A_file_is_old_or_new_and_whole_if_the_service_is_killed_while_a_mounted_drive_writes_it()
    {
        await DemandAsync("mount.davfs");
        await using var stores = await pair.MakeStoresAsync();
        await using var folder = new MountFolder();
        var large = Path.Combine(folder.Path, "large");
        await File.WriteAllBytesAsync(large, RandomNumberGenerator.GetBytes(300 << 20));
        Uri address;
        await using (var first = await ServiceProcess.StartAsync(stores))
        {
            address = first.Address;
            await first.Http.DavOkAsync(201, "PUT", "/dav/a", "old");
            await RunAsync(Davfs + "mount_it \"$@\"", Drive(address), folder.Path);
            var copy = Shell.RunAsync("cp \"$1/large\" \"$1/mount/a\"", folder.Path);
            // The service is dead before it has all bytes.
            await Service.UntilAsync("the service has some of the bytes", async () => await StoredAsync(stores) > 20 << 20, 120);
            first.Signal(9);
            await first.ExitAsync();
            await copy;
        }
        await using var next = await ServiceProcess.StartAsync(stores, (ServiceProcess.Urls, $"{address}"));
        await IsWholeAsync(next.Http, large);
        await Shell.RunAsync("timeout 300 umount \"$1/mount\"", folder.Path);
        await RunAsync(Davfs + "mount_it \"$@\"", Drive(address), folder.Path);
        await RunAsync("cp \"$1/large\" \"$1/mount/a\" && sync", folder.Path);
        await Service.UntilAsync("the file is new", () => IsWholeAsync(next.Http, large), 120);
        await RunAsync("cmp \"$1/large\" \"$1/mount/a\" && timeout 120 umount \"$1/mount\"", folder.Path);
        await Invariants.EveryFileIsWholeAsync(next.Http);
    }

    /// <summary>Whether the file is the new one; it must be whole, or the old one.</summary>
    private static async Task<bool> IsWholeAsync(HttpClient http, string large)
    {
        var content = await http.GetByteArrayAsync("/dav/a");
        if (content is [(byte)'o', (byte)'l', (byte)'d'])
            return false;
        var wanted = await File.ReadAllBytesAsync(large);
        Assert.True(content.AsSpan().SequenceEqual(wanted), "The file is neither old nor new.");
        return true;
    }

    private static async Task<long> StoredAsync(Stores stores)
    {
        var (_, output) = await Shell.RunAsync("du -sb \"$1\" | cut -f1", ((EmbeddedStores)stores).Directory);
        return long.Parse(output, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Drive(Uri service) => $"{new Uri(service, "/dav/")}";

    private static async Task RunAsync(string script, params string[] arguments)
    {
        var (exit, output) = await Shell.RunAsync(script, arguments);
        Assert.True(exit == 0, output);
    }

    private static async Task DemandAsync(string program)
    {
        var (missing, _) = await Shell.RunAsync("command -v \"$1\" && test -c /dev/fuse && test $(id -u) = 0", program);
        Assert.SkipWhen(missing != 0, $"Mounting the drive needs {program}, FUSE and root.");
    }

    /// <summary>A folder in which <c>mount</c> is where the drive is mounted.</summary>
    private sealed class MountFolder : IAsyncDisposable
    {
        public MountFolder() => Directory.CreateDirectory(System.IO.Path.Combine(Path, "mount"));

        public string Path { get; } = Directory.CreateTempSubdirectory("filedrop-mount-").FullName;

        public async ValueTask DisposeAsync()
        {
            await Shell.RunAsync("umount -l \"$1/mount\" 2>/dev/null", Path);
            Directory.Delete(Path, recursive: true);
        }
    }
}
