using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The drive, really mounted by davfs2.</summary>
/// <remarks>It reads by name, because davfs2 1.6 cannot list folders on some kernels, whatever the server is.</remarks>
[Trait("Run", "nightly")]
public sealed class DavMountTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private const string Script = """
        set -e
        printf 'use_locks 1\nask_auth 0\ndelay_upload 0\n' > "$2/conf"
        chmod 755 "$2"
        mount_it() { echo | timeout 60 mount.davfs -o conf="$2/conf" "$1" "$2/mount"; }
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

    [Fact]
    public async Task Files_that_were_copied_to_a_mounted_drive_are_there_after_it_was_mounted_again()
    {
        var (missing, _) = await Shell.RunAsync("command -v mount.davfs && test -c /dev/fuse && test $(id -u) = 0");
        Assert.SkipWhen(missing != 0, "Mounting the drive needs davfs2, FUSE and root.");
        var folder = Directory.CreateTempSubdirectory("filedrop-davfs-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "mount"));
        try
        {
            var source = Path.Combine(Repository.Root, "FileDrop.Api", "Dav");
            var (exit, output) = await Shell.RunAsync(Script, $"{new Uri(pair.Service.Address, "/dav/")}", folder, source, "source");
            Assert.True(exit == 0, output);
            foreach (var file in Directory.EnumerateFiles(source, "*.cs"))
                Assert.Equal(await File.ReadAllBytesAsync(file), await pair.Http.GetByteArrayAsync($"/dav/source/{Path.GetFileName(file)}"));
        }
        finally
        {
            await Shell.RunAsync("umount -l \"$1/mount\" 2>/dev/null", folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}
