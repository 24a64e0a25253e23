using FileDrop.Api.Contents;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

public sealed class SharePasswordsTests
{
    [Fact]
    public async Task Only_the_password_is_right_and_no_text_of_any_length_is_an_error()
    {
        var passwords = new SharePasswords();
        var longest = string.Concat(Enumerable.Repeat("\U0001F511", SharePasswords.MaxLength / 2));
        var hash = await passwords.HashAsync(longest, "me", default);
        Assert.True(await passwords.IsRightAsync(longest, hash, "me", () => true, default));
        Assert.False(await passwords.IsRightAsync(longest, hash, "me", () => false, default));
        // A cut after 256 characters would be in the middle of the last pair, or give the password itself.
        foreach (var other in new[] { "", "-", $"a{longest}", $"{longest}a", longest[2..] })
            Assert.False(await passwords.IsRightAsync(other, hash, "me", () => true, default), $"'{other}'");
    }

    [Fact]
    public async Task A_password_is_the_same_composed_and_decomposed()
    {
        var passwords = new SharePasswords();
        var hash = await passwords.HashAsync("e\u0301e\u0301e\u0301e\u0301", "me", default);
        Assert.True(await passwords.IsRightAsync("\u00e9\u00e9\u00e9\u00e9", hash, "me", () => true, default));
    }

    [Fact]
    public async Task Many_that_wait_hold_nobody_else_up()
    {
        var passwords = new SharePasswords();
        var hash = await passwords.HashAsync("password", "me", default);
        var (turns, mine, isOver) = (0, 0, false);
        var tries = Enumerable.Range(0, 200).Select(i => passwords.IsRightAsync("wrong", hash, $"caller {i % 4}", OtherMayTry, default)).ToList();
        Assert.True(await passwords.IsRightAsync("password", hash, "me", MayTry, default));
        isOver = true;
        var refused = 0;
        foreach (var other in tries)
        {
            try
            {
                Assert.False(await other);
            }
            catch (RefusedException refusal)
            {
                Assert.Equal(RefusalCode.TooManyRequests, refusal.Refusal.Code);
                refused++;
            }
        }
        Assert.Equal(200 - (4 * 32), refused);
        // At most two turns of each other caller, and the two that are computed at once.
        Assert.InRange(mine, 1, 10);

        bool OtherMayTry()
        {
            Interlocked.Increment(ref turns);
            return !isOver;
        }

        bool MayTry()
        {
            mine = Volatile.Read(ref turns);
            return true;
        }
    }
}
