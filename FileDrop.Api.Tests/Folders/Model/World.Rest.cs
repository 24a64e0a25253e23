namespace FileDrop.Api.Tests.Folders.Model;

/// <content>The checks after all actors have ended or died.</content>
internal sealed partial class World
{
    /// <summary>One sweeper, one sequencer and the client that follows the feed run to their end, undisturbed. Then nothing is left half-done.</summary>
    private string? Rest()
    {
        SweepAll();
        for (var round = 0; round < 40 && _store.Documents.Values.Any(document => document.Unsaid); round++)
            _interleaving.Finish(_protocol.SequenceAsync);
        foreach (var id in Where(_ => true))
            _interleaving.Finish(() => _protocol.RemoveTombstoneAsync(id));
        _interleaving.Finish(_reader.FollowAsync);
        return _witness.Check(_store) ?? _witness.CheckRest(_store) ?? _reader.Check();
    }

    /// <summary>Sweeps all that is due, in at most two rounds for each level.</summary>
    private void SweepAll()
    {
        for (var left = 2 * Where(document => document.IsFolder).Count; left > 0; left--)
        {
            foreach (var id in Due())
                _interleaving.Finish(() => _protocol.SweepAsync(id));
        }
    }

    /// <summary>Every name that no document has can be had, whatever claims the dead left.</summary>
    private string? EveryNameCanBeHad()
    {
        var folders = Where(document => document.IsFolder && document.IsLive).Append(Protocol.Root);
        foreach (var location in folders.SelectMany(folder => "12ABCD".Select(name => new Location(folder, $"{name}"))))
        {
            if (Where(document => document.Location == location && (document.IsLive || document.IsCarried)).Count > 0)
                continue;
            var id = NewDocument(isFolder: false);
            _interleaving.Finish(() => _protocol.CreateAsync(id, location));
            if (!_store.Documents[id].IsLive)
                return $"the name {location} cannot be had";
            _interleaving.Finish(() => _protocol.TrashAsync(id));
        }
        return null;
    }

    /// <summary>Restores what the trash shows. Then everything that was not purged is live, and can be reached from the root.</summary>
    private string? EverythingCanBeRestored()
    {
        foreach (var id in Where(document => document.State == State.Trash && !document.IsCarried))
            RestoreAtLast(id, "restored " + id);
        if (Rest() is { } violation)
            return violation;
        var lost = _witness.FirstKept(id => !Witness.IsReachable(_store, _store.Documents[id]));
        return lost is null ? null : $"{lost} cannot be restored";
    }

    /// <summary>Tries twice. The first try may end what a dead restoration of this document left, a slot or a claim, and so raise its own fence.</summary>
    private void RestoreAtLast(string id, string name)
    {
        for (var tries = 0; tries < 2; tries++)
            _interleaving.Finish(() => _protocol.RestoreAsync(id, name));
    }

    /// <summary>All documents, with their names and states.</summary>
    private string Tree() => string.Join(' ', _store.Documents.Values
        .Select(document => $"{document.Location}:{document.Id}:{(document.IsCarried ? "Carried" : document.State)}").Order());
}
