# Installs the requirements of a run. `install` prints its time apart, since it depends on the machine, not on the project.
npm_packages=(newman@6.2.2 @redocly/cli@2.77.0)

install() { # what `later` began before it (npm, restore) runs beside the servers' start
    local began=$SECONDS
    [ ! -x ../shared/servers/up ] || [ -n "${FILEDROP_TEST_MONGODB:-}" ] || step 'start MongoDB and S3' start_servers
    # Some tests trace the service's system calls, use its page in a browser, read its zip archives, or use and mount its drive. Without these programs they are skipped.
    ! are_missing strace chromium-headless-shell unzip 7z bsdtar python3 litmus rclone cadaver mount.davfs fusermount3 faketime || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null \
        || step 'install the programs of some tests' sh -c \
            'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y strace chromium-headless-shell unzip p7zip-full libarchive-tools python3 litmus rclone cadaver davfs2 fuse3 faketime'
    command -v dockerd >/dev/null || docker info >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null \
        || step 'install a container engine' sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io'
    join
    say "installed in $((SECONDS - began)) s"
}

are_missing() { # PROGRAM…: whether one of them is not installed
    local program
    for program; do command -v "$program" >/dev/null || return 0; done
    return 1
}

start_servers() { # MongoDB and S3 for the tests; uses servers that already run, and leaves them running
    local servers=../shared/servers state=${FILEDROP_SERVERS_DIR:-/var/tmp/filedrop-servers} variables
    alive "$state/mongo/gateway.pid" || started+=("$servers/mongo")
    alive "$state/s3/rgw.pid" || started+=("$servers/s3")
    variables=$("$servers/up") && eval "$variables"
}

alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

install_tools() { npm install --prefix "$work" --no-audit --no-fund --loglevel=error "${npm_packages[@]}"; }

restore() { timeout 300 dotnet restore FileDrop.sln; }
