using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace FileDrop.Tests;

/// <summary>The five APIs through the AppHost's address, over MongoDB and an object store.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class FilesTests(SharedSystem shared) : SystemTest(shared)
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(64 * 1024)]
    [InlineData(17 * MiB + 3)]
    public async Task A_file_is_uploaded_read_updated_listed_and_deleted(int size)
    {
        var (content, name) = (Api.Bytes(size), $"{Guid.NewGuid():N}.bin");

        var file = await Http.UploadAsync(content, name);
        Assert.Equal((size, Api.Hash(content), 1), (file.Size, file.Sha256, file.Version));
        Assert.Equal(Api.Hash(content), await Http.ReadHashAsync(file.Id));
        Assert.Equal(file.Id, Assert.Single(await Http.ListAsync($"?name={name}")).Id);

        var other = Api.Bytes(size + 1, seed: 2);
        using var put = await Http.PutAsync(file.Id, other);
        Assert.True(put.IsSuccessStatusCode, await Api.Describe(put));
        Assert.Equal(Api.Hash(other), await Http.ReadHashAsync(file.Id));

        using var renamed = await Http.PutAsJsonAsync($"/files/{file.Id}", new { file_name = $"renamed {name}", tags = new { size = size.ToString(CultureInfo.InvariantCulture) } });
        Assert.True(renamed.IsSuccessStatusCode, await Api.Describe(renamed));
        Assert.Equal(($"renamed {name}", 3), ((await Api.ReadFileAsync(renamed)) is var after ? (after.Name, after.Version) : default));

        using var deleted = await Http.DeleteAsync($"/files/{file.Id}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var gone = await Http.GetAsync($"/files/{file.Id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Empty(await Http.ListAsync($"?name={name}"));
    }

    [Fact]
    public async Task A_form_is_uploaded_and_a_range_of_it_is_read()
    {
        var content = Api.Bytes(3 * MiB);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", "Żółć 灯泡.pdf" } };
        using var answer = await Http.PostAsync("/files/upload", form);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await Api.Describe(answer));
        var file = await Api.ReadFileAsync(answer);
        Assert.Equal("Żółć 灯泡.pdf", file.Name);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file.Id}") { Headers = { Range = new RangeHeaderValue(MiB, 2 * MiB - 1) } };
        using var part = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(content[MiB..(2 * MiB)], await part.Content.ReadAsByteArrayAsync());
    }
}
