namespace FileDrop.Api.Settings;

/// <summary>Settings of the audit log in the catalog; the log stream always has it. Each property is a setting under <c>FileDrop:Audit</c>.</summary>
public sealed record AuditOptions
{
    /// <summary><c>Catalog</c>: <c>true</c>: the catalog keeps the audit log too, for <c>GET /admin/audit</c>.</summary>
    public bool InCatalog { get; init; }

    /// <summary><c>Retention</c>: how long the catalog keeps it: at least 1m.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static AuditOptions Read(SettingsReader settings) => new()
    {
        InCatalog = settings.Flag("Catalog"),
        Retention = settings.Time("Retention", new AuditOptions().Retention, min: TimeSpan.FromMinutes(1)),
    };
}
