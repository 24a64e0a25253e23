using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Native;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>SQLite's catalog is refused on a network file system.</summary>
public sealed class LocalDiskTests
{
    [Theory]
    [InlineData(0x6969, "nfs")]
    [InlineData(0xFF534D42, "cifs")]
    [InlineData(0xFE534D42, "smb3")]
    [InlineData(0x01021997, "9p")]
    [InlineData(0x00C36400, "ceph")]
    [InlineData(0xEF53, null)]
    [InlineData(0x01021994, null)]
    public void The_numbers_of_network_file_systems_have_names(uint number, string? name)
    {
        Assert.Equal(name, LocalDisk.NameOf(number));
        Assert.True(name is null || LocalDisk.IsNetwork(name));
    }

    [Fact]
    public void Linux_tells_the_number_of_the_file_system_behind_a_path()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The call is Linux's.");
        Assert.Equal(0x9FA0u, LibC.FileSystemOf("/proc"));
        Assert.Null(LibC.FileSystemOf("/not/there"));
    }

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
