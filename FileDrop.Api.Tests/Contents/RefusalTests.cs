using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

public sealed class RefusalTests
{
    public static TheoryData<string> Codes => [.. Enum.GetNames<RefusalCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Each_refusal_is_answered_with_the_code_of_its_name(string code)
    {
        var refusal = new Refusal(Enum.Parse<RefusalCode>(code), "Why.") { Limit = "limit", Wait = TimeSpan.FromSeconds(1.2) };
        Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(code), Problems.Of(refusal).Code);
    }

    [Theory]
    [InlineData(ChangeOutcome.NotFound, "file_not_found")]
    [InlineData(ChangeOutcome.VersionMismatch, "precondition_failed")]
    [InlineData(ChangeOutcome.ContentNotFound, "version_not_found")]
    [InlineData(ChangeOutcome.ContentIsLive, "version_is_live")]
    [InlineData(ChangeOutcome.NameTaken, "name_taken")]
    [InlineData(ChangeOutcome.FolderNotFound, "folder_not_found")]
    [InlineData(ChangeOutcome.Circle, "circle")]
    [InlineData(ChangeOutcome.TooDeep, "too_deep")]
    [InlineData(ChangeOutcome.ParentInTrash, "parent_in_trash")]
    public void Each_change_that_was_not_done_has_its_answer(ChangeOutcome outcome, string code) => Assert.Equal(code, Problems.Of(outcome).Code);

    [Fact]
    public void A_wait_is_told_in_whole_seconds_and_never_as_none()
    {
        Assert.Equal(2, Problems.Of(new Refusal(RefusalCode.TooManyRequests) { Wait = TimeSpan.FromSeconds(1.2) }).RetryAfterSeconds);
        Assert.Equal(1, Problems.Of(new Refusal(RefusalCode.TooManyRequests) { Wait = TimeSpan.Zero }).RetryAfterSeconds);
    }
}
