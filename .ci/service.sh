# Runs the built service for tools that talk to it from outside.

start_service() { # on a free port; sets `service` and `url`
    FileDrop__DataDirectory=$work/data dotnet FileDrop.Api/bin/Debug/net10.0/FileDrop.Api.dll --urls http://127.0.0.1:0 >"$work/service.log" 2>&1 &
    service=$!
    for _ in $(seq 120); do
        url=$(sed -nE 's/.*Now listening on: (.*)/\1/p' "$work/service.log")
        [ -n "$url" ] && curl -sf "$url/health" && return
        kill -0 "$service" 2>/dev/null || break
        sleep 0.5
    done
    cat "$work/service.log"; return 1
}

check_document() {
    curl -sf "$url/openapi/v1.json" >"$work/openapi.json" && "$work/node_modules/.bin/redocly" lint --config docs/redocly.yaml "$work/openapi.json"
}

check_collection() { # first without a key, since the service is open on this machine; then with a first key, which closes it
    local run=("$work/node_modules/.bin/newman" run docs/filedrop.postman_collection.json --env-var "baseUrl=$url") key
    "${run[@]}" || return
    key=$(FileDrop__DataDirectory=$work/data dotnet FileDrop.Api/bin/Debug/net10.0/FileDrop.Api.dll keys create --name collection) || return
    sleep 3 # a running service learns of its first key in two seconds
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/files")" = 401 ] && "${run[@]}" --env-var "api_key=$key"
}

check_service() { check_document && check_collection; }
