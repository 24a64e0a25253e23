using System.Text;
using FileDrop.Api.Contents;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

public sealed class DropSenderTests
{
    [Fact]
    public async Task A_name_of_any_length_is_cut_at_once_to_whole_characters_that_a_tag_can_have()
    {
        // One cut after the other, each with a count of all bytes, would take hours.
        var sender = new DropSender($"a{string.Concat(Enumerable.Repeat("\U0001F511", 1_000_000))}", "two\nlines ");
        var tags = await Task.Run(sender.ToTags).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal($"a{string.Concat(Enumerable.Repeat("\U0001F511", 63))}", tags["uploaded_by"]);
        Assert.InRange(Encoding.UTF8.GetByteCount(tags["uploaded_by"]), FileTags.MaxValueBytes - 3, FileTags.MaxValueBytes);
        Assert.Equal("two lines", tags["message"]);
        Assert.Equal($"a{string.Concat(Enumerable.Repeat("\U0001F511", 63))}", sender.FolderName);
        Assert.Equal(new string('-', FileName.MaxBytes), new DropSender(new string('/', 300), null).FolderName);
    }
}
