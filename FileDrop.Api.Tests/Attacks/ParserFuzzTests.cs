using System.Globalization;
using FileDrop.Api.Http;
using FileDrop.Api.Text;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Feeds garbled texts to every parser of a credential, a header, a cursor, a grant, an id or a body, without a service.</summary>
public sealed class ParserFuzzTests
{
    /// <summary>The number of texts for each parser in the nightly run.</summary>
    private static readonly int AtNight = int.Parse(Environment.GetEnvironmentVariable("FILEDROP_TEST_INPUTS") ?? "1000000", CultureInfo.InvariantCulture);

    public static TheoryData<string> Names => [.. Parsers.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_text_makes_a_parser_fail(string parser) => Feed(parser, 0, 3_000);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Run", "nightly")]
    public void None_of_a_million_texts_makes_a_parser_fail(string parser) => Feed(parser, 1_000_000, AtNight);

    private static void Feed(string parser, int first, int count)
    {
        var (seeds, parse) = Parsers.All[parser];
        var (garbler, taken) = (new Garbler(seeds), 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var text = garbler.Text(seed);
            try
            {
                parse(text);
                taken++;
            }
            catch (Exception refused) when (Problems.Of(refused) is { Status: >= 400 and < 500 })
            {
                // A refusal is a right answer.
            }
            catch (Exception failure)
            {
                Assert.Fail($"{parser}, seed {seed}: \"{UnicodeText.Escape(text)}\": {failure}");
            }
        }
        Assert.True(taken > 0, "something is taken");
    }
}
