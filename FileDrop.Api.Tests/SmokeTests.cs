using Xunit;

namespace FileDrop.Api.Tests;

public abstract class SmokeTests(Pair pair)
{
    [Fact]
    public async Task What_is_uploaded_is_read_back()
    {
        var file = await pair.Http.UploadAsync([1, 2, 3], "a.bin");
        Assert.Equal([1, 2, 3], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }
}

public sealed class SmokeOnEmbeddedTests(EmbeddedPair pair) : SmokeTests(pair), IClassFixture<EmbeddedPair>;

public sealed class SmokeOnClusterTests(ClusterPair pair) : SmokeTests(pair), IClassFixture<ClusterPair>;
