using FileDrop.Api;
using FileDrop.Api.Access;
using FileDrop.Api.Changes;
using FileDrop.Api.Commands;
using FileDrop.Api.Dav;
using FileDrop.Api.Edge;
using FileDrop.Api.Files;
using FileDrop.Api.Folders;
using FileDrop.Api.Http;
using FileDrop.Api.Keys;
using FileDrop.Api.Links;
using FileDrop.Api.Settings;
using FileDrop.Api.Shares;
using FileDrop.Api.Storage;
using FileDrop.Api.Uploads;

var start = new Start();
try
{
    if (Command.IsOne(args))
        return await new Command(Composition.AddStores).RunAsync(args);

    // The data directory's default is below the program's own. Watching the program's folder for changed settings would cost an event for
    // each blob.
    var builder = WebApplication.CreateBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
    Start.Check(builder.Configuration);
    var options = FileDropOptions.Read(builder.Configuration, builder.Environment.ContentRootPath);

    builder.AddServiceDefaults();
    start.Hush(builder.Services);
    builder.ListenSafely();
    builder.LimitRequests(options);
    builder.FrameStrictly();
    builder.Services.AddSingleton(options);
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddStores(options, alone: true);
    builder.Services.AddFiles();
    builder.Services.AddDav();
    builder.Services.AddMaintenance();
    builder.Services.AddAccess(options);
    builder.AddEdge(options);
    builder.Services.AddApiDescription();
    builder.Services.AddCompression();

    await using var app = builder.Build();
    app.UseEdge(options);
    app.UseMiddleware<ProblemMiddleware>();
    app.UseFraming();
    app.UseTus();
    app.UseSafeByDefault(options);
    app.UseHttps(options);
    app.UseAllowedOrigins(options);
    app.UseCompression(WebPage.Asks);
    app.UseWebPage();
    app.UseRouting();
    app.UseCompression(Compression.IsMarked);
    app.UseLimitOfAddress();
    app.UseAccess();
    app.UseLimitsOfCaller();
    app.MapDefaultEndpoints();
    var api = app.MapGroup("").WithHead();
    api.MapApiDescription();
    var upload = api.MapFiles();
    api.MapCopy();
    api.MapVersions();
    api.MapTrash();
    api.MapFolders();
    api.MapEntries();
    api.MapPaths();
    api.MapFolderTrash();
    BatchEndpoint.Map(api);
    api.MapFolderZip();
    api.MapChanges();
    api.MapUsage();
    api.MapDav();
    api.MapTus();
    api.MapDraft(upload);
    api.MapLinks();
    api.MapZipLinks();
    api.MapShares();
    SharedEndpoints.Map(api);
    DropTus.Map(api);
    api.MapKeys();
    api.MapAudit();
    await app.DemandAccessAsync(options);
    await start.RunAsync(app, options);
    return 0;
}
catch (Exception failure) when (start.IsEndedBy(failure))
{
    await Console.Error.WriteLineAsync($"FileDrop cannot start. {Failure.Tell(failure)}");
    return ConfigurationException.ExitCode;
}
