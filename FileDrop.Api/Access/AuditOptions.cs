namespace FileDrop.Api.Access;

/// <summary>Where the audit log is kept, besides the log stream. Each is a key under <c>FileDrop:Audit</c>.</summary>
public sealed record AuditOptions
{
    /// <summary><c>Catalog</c>: whether it is kept in the catalog, too, where <c>GET /admin/audit</c> reads it.</summary>
    public bool InCatalog { get; init; }

    /// <summary><c>Retention</c>: how long it is kept there.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static AuditOptions Read(IConfigurationSection section) => new()
    {
        InCatalog = FileDropOptions.Flag(section, "Catalog"),
        Retention = FileDropOptions.Time(section, "Retention", new AuditOptions().Retention, min: TimeSpan.FromMinutes(1)),
    };
}
