# The steps of a run: makes, counts and reports them. `run` and `nightly` source this file first.
# A run ends with a line `N passed, N failed, N skipped`: each test counts, and each step that is not a test run counts as one.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null
# Build processes must end with the script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 REDOCLY_TELEMETRY=off
# The services that tests start live for seconds, so the instrumentation of their code would never pay.
export DOTNET_TieredPGO=0
# Optimized code, in Debug builds too: the tests compute much of their time. `dotnet test` by hand runs them without.
export Optimize=true

work=$(mktemp -d "${TMPDIR:-/tmp}/filedrop-ci-XXXXXX")
passed=0 failed=0 skipped=0 service='' started=() names=() jobs=()
skip=77 # the exit code of a step that cannot run here

say() { printf '== %s\n' "$*"; }

report() { # CODE NAME SECONDS LOG
    case $1 in
        0) passed=$((passed + 1)); say "$2: ok ($3 s)" ;;
        "$skip") skipped=$((skipped + 1)); say "$2: skipped: $(tail -n 1 "$4")" ;;
        *) failed=$((failed + 1)); say "$2: FAILED ($3 s)"; tail -n 100 "$4"; return 1 ;;
    esac
}

step() { # NAME COMMAND…: one step; its output is shown if it fails
    local name=$1 began=$SECONDS; shift
    "$@" >"$work/step.log" 2>&1
    report $? "$name" $((SECONDS - began)) "$work/step.log"
}

later() { # NAME COMMAND…: a step that runs beside the following ones, with the priority `niceness` (10); `join` reports it
    local name=$1 began=$SECONDS log=$work/later.${#jobs[@]}; shift
    rm -f "$log.end"
    set -m # a process group of its own, so that `finish` can end all of it
    { renice -n "${niceness:-10}" "$BASHPID"; "$@" >"$log" 2>&1; echo $? $((SECONDS - began)) >"$log.end"; } >/dev/null 2>&1 &
    set +m
    names+=("$name") jobs+=($!)
}

join() { # waits for the steps that `later` began
    local i code took
    for i in "${!jobs[@]}"; do
        wait "${jobs[i]}"
        read -r code took <"$work/later.$i.end" || code=1 took='?'
        report "$code" "${names[i]}" "$took" "$work/later.$i"
    done
    names=() jobs=()
}

finish() {
    local job server
    for job in ${jobs[@]+"${jobs[@]}"}; do kill -- "-$job" 2>/dev/null; done
    [ -z "$service" ] || { kill "$service" && wait "$service"; } 2>/dev/null
    for server in ${started[@]+"${started[@]}"}; do "$server/down" >/dev/null 2>&1; done
    ! declare -F stop_engine >/dev/null || stop_engine
    rm -rf "$work"
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]; exit $?
}
trap finish EXIT
trap 'failed=$((failed + 1)); exit 1' INT TERM
