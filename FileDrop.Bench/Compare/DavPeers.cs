using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>The WebDAV servers beside the embedded store, each with its own folder for files and settings.</summary>
internal static class DavPeers
{
    private const string NoSync = "files go to the system's cache, nothing is synced";
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static async Task<Peer> NginxAsync(string folder, CancellationToken cancellation)
    {
        var program = await PeerProgram.FindAsync("nginx", "apt-get install nginx-full", "-v");
        return await HttpPeer.StartAsync(
            "nginx", $"{program.Version} with dav, a worker a processor, sendfile; {NoSync}", new WebDav(), Prepare, cancellation);

        ProcessStartInfo Prepare(int port)
        {
            var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
            var settings = Path.Combine(folder, "nginx.conf");
            // "user" counts only for root. Its workers would otherwise run as a user who may not write here.
            File.WriteAllText(settings,
                $$"""
                daemon off;
                user {{Environment.UserName}};
                worker_processes auto;
                pid {{folder}}/nginx.pid;
                error_log stderr crit;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  sendfile on;
                  tcp_nopush on;
                  keepalive_requests 1000000000;
                  keepalive_timeout 1h;
                  client_max_body_size 0;
                  client_body_temp_path {{folder}}/body;
                  proxy_temp_path {{folder}}/proxy;
                  fastcgi_temp_path {{folder}}/fastcgi;
                  uwsgi_temp_path {{folder}}/uwsgi;
                  scgi_temp_path {{folder}}/scgi;
                  server {
                    listen 127.0.0.1:{{port}};
                    root {{files}};
                    location / {
                      dav_methods PUT DELETE;
                      create_full_put_path on;
                    }
                  }
                }
                """);
            return new ProcessStartInfo(program.Path, ["-p", folder, "-e", "stderr", "-c", settings]);
        }
    }

    public static async Task<Peer> ApacheAsync(string folder, CancellationToken cancellation)
    {
        const string Modules = "/usr/lib/apache2/modules";
        var program = await PeerProgram.FindAsync("apache2", "apt-get install apache2", "-v");
        if (!File.Exists($"{Modules}/mod_dav_fs.so"))
            throw new PeerMissingException($"Apache is left out: its mod_dav is not in {Modules}, the folder of Debian's apache2.");
        return await HttpPeer.StartAsync("Apache", $"{program.Version} with mod_dav, event; {NoSync}", new WebDav(), Prepare, cancellation);

        ProcessStartInfo Prepare(int port)
        {
            var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
            // Root's Apache runs as another user, who must write here.
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder, Open);
                File.SetUnixFileMode(files, Open);
            }
            var settings = Path.Combine(folder, "httpd.conf");
            File.WriteAllText(settings,
                $"""
                ServerRoot "{folder}"
                DefaultRuntimeDir "{folder}"
                PidFile "{folder}/httpd.pid"
                ErrorLog "{folder}/error.log"
                LogLevel crit
                LoadModule mpm_event_module {Modules}/mod_mpm_event.so
                LoadModule authz_core_module {Modules}/mod_authz_core.so
                LoadModule dav_module {Modules}/mod_dav.so
                LoadModule dav_fs_module {Modules}/mod_dav_fs.so
                ServerName 127.0.0.1
                Listen 127.0.0.1:{port}
                {(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}
                StartServers 2
                ServerLimit 2
                ThreadsPerChild 64
                MaxRequestWorkers 128
                MinSpareThreads 1
                MaxSpareThreads 128
                KeepAlive On
                MaxKeepAliveRequests 0
                KeepAliveTimeout 3600
                Timeout 120
                LimitRequestBody 0
                EnableSendfile On
                DocumentRoot "{files}"
                DavLockDB "{folder}/locks"
                <Directory "{files}">
                  Dav On
                  Require all granted
                </Directory>

                """);
            return new ProcessStartInfo(program.Path, ["-f", settings, "-D", "FOREGROUND"]);
        }
    }

    public static async Task<Peer> RcloneAsync(string folder, CancellationToken cancellation)
    {
        var program = await PeerProgram.FindAsync("rclone", "apt-get install rclone", "version");
        return await HttpPeer.StartAsync("rclone",
            $"{program.Version}, serve webdav, --vfs-cache-mode off (a PUT goes straight to its file); {NoSync}",
            new WebDav(), Prepare, cancellation);

        ProcessStartInfo Prepare(int port)
        {
            var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
            var start = new ProcessStartInfo(program.Path, ["serve", "webdav", files, "--addr", $"127.0.0.1:{port}", "--vfs-cache-mode", "off"]);
            // Ignore the user's own settings.
            start.Environment["RCLONE_CONFIG"] = Path.Combine(folder, "rclone.conf");
            return start;
        }
    }
}
