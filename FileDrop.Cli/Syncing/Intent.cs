using System.Text.Json.Serialization;

namespace FileDrop.Cli.Syncing;

/// <summary>
/// A step that is about to be taken, and the state to note after it. It is in the database before the step, so that the next run can tell whether the step has
/// happened although the sync was killed before it noted that. Otherwise the step would look like somebody's work, and a later change could be taken for the
/// successor of a wrong content.
/// </summary>
/// <remarks>
/// Only steps after which both sides agree on something else have an intent. Steps that create an entry have none, except for downloads: if their note is missing,
/// both sides have an entry that no note knows. Nothing is deleted or replaced because of such an entry, and at the same place both are taken for the same.
/// </remarks>
/// <param name="Step">The kind of step.</param>
/// <param name="Id">The service's id of the entry.</param>
/// <param name="Version">The service's version before the step.</param>
/// <param name="After">The state to note; null if the entry is to be forgotten.</param>
/// <param name="Before">The marks of the local entry before the step; all 0 if there is none.</param>
/// <param name="Made">The marks of the local entry after the step; all 0 if there is none.</param>
/// <param name="Folder">The inode of the local folder that the entry is moved to, or deleted from.</param>
/// <param name="Name">The local name that it gets, or has.</param>
internal sealed record Intent(Step Step, Guid Id, long Version, SyncedNode? After, Stamp Before, Stamp Made, long Folder, string Name)
{
    /// <summary>Whether the step's request may still be on its way to the service: it changes the version, and the version is as it was.</summary>
    public bool IsOpen(IReadOnlyDictionary<Guid, RemoteNode> remote) =>
        Step is Step.MoveRemote or Step.ReplaceRemote or Step.DeleteRemote && remote.GetValueOrDefault(Id)?.Version == Version;

    /// <summary>The intent of a step; null if the step needs none.</summary>
    /// <param name="action">The step.</param>
    /// <param name="made">The local entry that the step is about to leave, if it makes or moves one.</param>
    public static Intent? Of(SyncAction action, LocalNode? made = null)
    {
        var (before, unit) = (action.Unit, action.Unit.Copy());
        switch (action)
        {
            case { Step: Step.MoveLocal, Parent: { } parent }:
                (unit.Local, unit.LocalParent, unit.LocalName) = (made ?? unit.Local, parent, action.Name);
                break;
            case { Step: Step.Download, Parent: { } parent }:
                (unit.Local, unit.LocalParent, unit.LocalName) = (made, parent, action.Name);
                break;
            case { Step: Step.ReplaceLocal }:
                unit.Local = made;
                break;
            case { Step: Step.DeleteLocal }:
                unit.Local = null;
                break;
            case { Step: Step.MoveRemote, Parent: { Remote: { } folder } parent, Unit.Remote: { } remote }:
                (unit.RemoteParent, unit.RemoteName) = (parent, action.Name);
                unit.Remote = remote with { Parent = folder.Id, Name = action.Name, Version = remote.Version + 1 };
                break;
            case { Step: Step.ReplaceRemote, Unit: { Remote: { } remote, Local: { } local } }:
                unit.Remote = remote with { Sha256 = local.Sha256, Version = remote.Version + 1 };
                break;
            case { Step: Step.DeleteRemote }:
                unit.Remote = null;
                break;
            default:
                return null;
        }
        Agreement.Note(unit, _ => { }, _ => { });
        return unit.Synced != before.Synced && before.Id is { } id
            ? new Intent(
                action.Step, id, before.Remote?.Version ?? 0, unit.Synced, before.Local?.Stamp ?? default, unit.Local?.Stamp ?? default,
                unit.LocalParent?.Local?.Stamp.Inode ?? 0, unit.LocalName)
            : null;
    }
}

/// <summary>Intents in JSON, as the state keeps them.</summary>
[JsonSerializable(typeof(Intent))]
internal sealed partial class IntentJson : JsonSerializerContext;
