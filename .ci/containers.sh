# shellcheck shell=bash
# The full system for .ci/run, which sources this file: a container engine and the stores' images.

engine='' # the process id of the engine that start_engine started

start_engine() { # uses the Docker engine that answers, otherwise installs and starts Debian's
    docker info && return
    [ "$(id -u)" -eq 0 ] || return
    command -v dockerd || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io; } || return
    dockerd >"$work/engine.log" 2>&1 &
    engine=$!
    for _ in $(seq 120); do
        docker info && return
        kill -0 "$engine" || break
        sleep 0.5
    done
    cat "$work/engine.log"
    return 1
}

stop_engine() {
    [ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null
}

build_images() { # the stand-ins for MongoDB's and MinIO's images; built again only when their sources have changed
    local servers=../shared/servers memory=${FILEDROP_SERVERS_DIR:-/var/tmp/filedrop-servers}/images/built sources
    [ -x $servers/images/build ] || return 0
    sources=$(find $servers/images $servers/mongo $servers/s3 -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
    docker image inspect mongo:8.3 quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z && [ "$(cat "$memory")" = "$sources" ] && return
    $servers/images/build && echo "$sources" >"$memory"
}

start_containers() {
    if start_engine >"$work/step.log" 2>&1; then
        step 'images of the stores' build_images
    else
        say 'FileDrop.Tests: no container engine can run here, so the tests that need one are skipped'
    fi
}
