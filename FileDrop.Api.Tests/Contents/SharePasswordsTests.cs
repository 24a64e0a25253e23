using FileDrop.Api.Contents;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

public sealed class SharePasswordsTests
{
    [Fact]
    public async Task Only_the_password_is_right_and_no_text_of_any_length_is_an_error()
    {
        using var passwords = new SharePasswords();
        var longest = string.Concat(Enumerable.Repeat("\U0001F511", SharePasswords.MaxLength / 2));
        var hash = await passwords.HashAsync(longest, default);
        Assert.True(await passwords.IsRightAsync(longest, hash, () => true, default));
        Assert.False(await passwords.IsRightAsync(longest, hash, () => false, default));
        // A cut after 256 characters would be in the middle of the last pair, or give the password itself.
        foreach (var other in new[] { "", "-", $"a{longest}", $"{longest}a", longest[2..] })
            Assert.False(await passwords.IsRightAsync(other, hash, () => true, default), $"'{other}'");
    }

    [Fact]
    public async Task A_password_is_the_same_composed_and_decomposed()
    {
        using var passwords = new SharePasswords();
        var hash = await passwords.HashAsync("e\u0301e\u0301e\u0301e\u0301", default);
        Assert.True(await passwords.IsRightAsync("\u00e9\u00e9\u00e9\u00e9", hash, () => true, default));
    }
}
