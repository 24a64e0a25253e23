using FileDrop.Api.Catalog.Sqlite;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>SQLite's catalog is refused on a network file system.</summary>
public sealed class LocalDiskTests
{
    private static readonly string[] Mounts =
    [
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
        "23 22 0:20 / /srv rw - ext4 /dev/vdb rw",
        "24 23 0:21 /export /srv/files rw,relatime shared:9 master:2 - nfs4 nas:/export rw,vers=4.2",
        @"25 22 0:22 / /mnt/team\040drive rw - cifs //nas/team rw",
        "26 22 0:23 / /home/me/remote rw,nosuid - fuse.sshfs me@host: rw",
        "27 24 0:24 / /srv/files/cache rw - tmpfs tmpfs rw",
        "28 24 0:25 / /twice rw - ext4 /dev/vdc rw",
        "29 24 0:26 / /twice rw - nfs nas:/twice rw",
        "this is no line of the table",
    ];

    [Theory]
    [InlineData("/data", "ext4")]
    [InlineData("/srv", "ext4")]
    [InlineData("/srv/files", "nfs4")]
    [InlineData("/srv/files/a/b", "nfs4")]
    [InlineData("/srv/files2", "ext4")]
    [InlineData("/srv/files/cache/a", "tmpfs")]
    [InlineData("/mnt/team drive/filedrop", "cifs")]
    [InlineData("/home/me/remote", "fuse.sshfs")]
    [InlineData("/twice/a", "nfs")]
    public void The_innermost_mount_around_a_directory_decides_its_file_system(string path, string type) =>
        Assert.Equal(type, LocalDisk.FileSystemOf(path, Mounts));

    [Theory]
    [InlineData("nfs", true)]
    [InlineData("nfs4", true)]
    [InlineData("cifs", true)]
    [InlineData("smb3", true)]
    [InlineData("9p", true)]
    [InlineData("afs", true)]
    [InlineData("ceph", true)]
    [InlineData("fuse.sshfs", true)]
    [InlineData("fuse.glusterfs", true)]
    [InlineData("fuse.s3fs", true)]
    [InlineData("ext4", false)]
    [InlineData("xfs", false)]
    [InlineData("btrfs", false)]
    [InlineData("zfs", false)]
    [InlineData("tmpfs", false)]
    [InlineData("overlay", false)]
    [InlineData("virtiofs", false)]
    [InlineData("fuseblk", false)]
    [InlineData("fuse.gocryptfs", false)]
    [InlineData("apfs", false)]
    [InlineData("NTFS", false)]
    public void Network_file_systems_are_told_from_local_ones(string type, bool network) => Assert.Equal(network, LocalDisk.IsNetwork(type));

    [Fact]
    public void A_missing_directory_on_a_local_disk_is_accepted() => LocalDisk.Demand(Path.Combine(Path.GetTempPath(), "not", "there"));

    [Fact]
    public async Task A_service_with_a_link_to_a_network_mount_as_data_directory_does_not_start_and_says_what_to_do()
    {
        await using var stores = new EmbeddedStores();
        var mount = Directory.CreateDirectory(Path.Combine(stores.Directory, "mount")).FullName;
        var link = Path.Combine(stores.Directory, "link");
        Directory.CreateSymbolicLink(link, mount);
        // Mount without the program: the table of mounts shows sshfs, and every call to it fails.
        await Shell.MountAsync("exec 3<>/dev/fuse && mount -i -t fuse.sshfs -o fd=3,rootmode=40000,user_id=0,group_id=0 nowhere \"$1\"", mount);
        try
        {
            var settings = new Dictionary<string, string?> { ["FileDrop:DataDirectory"] = Path.Combine(link, "data") };
            await using var service = ServiceProcess.Launch(settings);
            Assert.Equal(2, await service.ExitAsync());
            await Service.UntilAsync("its last words are read", () => Task.FromResult(service.Output.Contains("cannot start", StringComparison.Ordinal)));
            Assert.Contains(Path.Combine(link, "data"), service.Output, StringComparison.Ordinal);
            Assert.Contains("a network file system (fuse.sshfs)", service.Output, StringComparison.Ordinal);
            Assert.Contains("FileDrop:DataDirectory", service.Output, StringComparison.Ordinal);
        }
        finally
        {
            await Shell.RunAsync("umount \"$1\"", mount);
        }
    }
}
