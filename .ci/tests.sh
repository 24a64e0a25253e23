# Test runs, which count each test.

test_project() { # PROJECT [ARGUMENT OF dotnet test…]: `count_tests` counts them afterwards
    local project=$1; shift
    dotnet test "$project" --no-build "$@" --logger "trx;LogFileName=$project.trx" --results-directory "$work" 2>&1 | tee "$work/$project.log"
    echo "${PIPESTATUS[0]}" >"$work/$project.code"
    [ -s "$work/$project.trx" ] # else they did not run to their end
}

count_tests() { # PROJECT
    local project=$1 totals code
    read -r totals < <(sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+), Total.*/\1 \2 \3/p' "$work/$project.log")
    if [ -z "$totals" ]; then
        failed=$((failed + 1)); say "$project: FAILED: its tests did not run to their end"; return
    fi
    read -r code <"$work/$project.code"
    set -- $totals
    failed=$((failed + $1)) passed=$((passed + $2)) skipped=$((skipped + $3))
    [ "$code" -eq 0 ] || [ "$1" -gt 0 ] || { failed=$((failed + 1)); say "$project: FAILED: exit code $code"; }
}

run_tests() { # PROJECT [ARGUMENT OF dotnet test…]
    test_project "$@"
    count_tests "$1"
}

tests_on_servers_ran() { # fails if tests on MongoDB and S3 were skipped although the servers are up
    grep -qE 'testName="[^"]*OnCluster[^"]*"[^>]*outcome="Passed"' "$work/FileDrop.Api.Tests.trx" \
        && ! grep -E 'testName="[^"]*OnCluster[^"]*"[^>]*outcome="NotExecuted"' "$work/FileDrop.Api.Tests.trx"
}
