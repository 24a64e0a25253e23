using System.Collections.Concurrent;
using System.Net;
using FileDrop.Api.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Shares;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Guesses of links and of their passwords, in great numbers.</summary>
public sealed class ShareGuessTests
{
    private const int Addresses = 16;

    [Fact]
    public void Guesses_from_any_number_of_addresses_take_little_memory_and_lock_nobody_else_out()
    {
        var guesses = new Guesses(TimeProvider.System);
        var share = Guid.NewGuid();
        for (var number = 0; number < 3 * Guesses.MostBuckets; number++)
        {
            Assert.Null(guesses.CountLink(From(number)));
            guesses.CountPassword(From(number), share);
            Assert.True(guesses.Buckets <= Guesses.MostBuckets, $"{guesses.Buckets}");
        }
        Assert.Null(guesses.CountPassword(From(int.MaxValue), share));
    }

    [Fact]
    public void A_right_password_does_not_count_and_a_wrong_one_counts_where_it_was_tried()
    {
        var guesses = new Guesses(TimeProvider.System);
        var (share, other) = (Guid.NewGuid(), Guid.NewGuid());
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(guesses.CountPassword(From(1), share));
            guesses.ForgivePassword(From(1), share);
        }
        for (var i = 0; i < 10; i++)
            Assert.Null(guesses.CountPassword(From(1), share));
        Assert.NotNull(guesses.CountPassword(From(1), share));
        Assert.NotNull(guesses.RefusePassword(From(1), share));
        Assert.Null(guesses.RefusePassword(From(1), other));
        Assert.Null(guesses.RefusePassword(From(2), share));
    }

    [Fact]
    [Trait("Run", "nightly")]
    public async Task A_hundred_thousand_guesses_of_links_and_passwords_find_nothing_and_the_holders_of_links_notice_nothing()
    {
        const int Guessed = 100_000, MiB = 300;
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores);
        var file = (await service.Http.UploadAsync([1], "a")).Id();
        var open = await service.Http.LinkAsync(file);
        var locked = (await service.Http.ShareAsync(new { ids = new[] { file }, password = ShareWords.Password })).Text("url");
        var guessers = Enumerable.Range(1, Addresses).Select(number => ShareWords.VisitorFrom(service.Address, number)).ToList();
        using var honest = ShareWords.VisitorFrom(service.Address, 200);
        var (found, honestly) = (new ConcurrentDictionary<HttpStatusCode, int>(), 0);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await Parallel.ForAsync(0, Guessed, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = limit.Token }, async (i, cancellation) =>
        {
            // Each tenth guess is of the password.
            using (var guess = await guessers[i % Addresses].SendAsync(HttpMethod.Get, i % 10 == 0 ? locked : ShareWords.MadeUpLink(), null, ("Authorization", ShareWords.Basic($"guess {i}"))))
                found.AddOrUpdate(guess.StatusCode, 1, (_, count) => count + 1);
            if (i % 1000 != 0)
                return;
            Assert.Equal([1], await honest.GetByteArrayAsync(open, cancellation));
            using var right = await honest.SendAsync(HttpMethod.Get, locked, null, ("Authorization", ShareWords.Basic(ShareWords.Password)));
            Assert.True(right.StatusCode == HttpStatusCode.OK, $"{right.StatusCode} after {i} guesses");
            Interlocked.Increment(ref honestly);
        });
        guessers.ForEach(guesser => guesser.Dispose());
        Assert.Equal(Guessed / 1000, honestly);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests], found.Keys.Order());
        Assert.True(found[HttpStatusCode.TooManyRequests] > Guessed * 9 / 10, $"{found[HttpStatusCode.TooManyRequests]} guesses were refused");
        Assert.True(await service.MemoryAsync() < MiB, $"{await service.MemoryAsync()} MiB");
    }

    private static DefaultHttpContext From(int number) =>
        new() { Connection = { RemoteIpAddress = new IPAddress((long)number) } };
}
