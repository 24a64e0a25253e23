# Checks of the source that need no running service.

# FileDrop's keys and others', tokens, and passwords in addresses. Examples (password, user:…, {variable}) are allowed.
secrets='fd_[0-9a-f]{16}_[A-Za-z0-9_-]{43}|(AKIA|ASIA)[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}'
secrets+='|xox[abprs]-[0-9A-Za-z-]{10}|eyJ[A-Za-z0-9_-]{16,}[.]eyJ[A-Za-z0-9_-]{16,}[.][A-Za-z0-9_-]{16,}|[a-z][a-z+]+://[^][/ "@:{}$]+:[^][/ "@{}$]{6,}@'

find_secrets() { # fails if a file of the repository contains a secret; does not print the line
    local found
    git rev-parse --git-dir || return
    found=$(git grep -InE "$secrets" -- . | grep -vE '://[^:]+:password@' | cut -d: -f1,2)
    [ -z "$found" ] || { echo "Something that looks like a secret:"; echo "$found"; return 1; }
}

find_named_tests() { # fails if a document names a test that does not exist
    local name class method missing=0
    for name in $(grep -ohE '`[A-Za-z]+Tests\.[A-Za-z0-9_]+`' docs/*.md ./*.md | tr -d '`' | sort -u); do
        class=${name%.*} method=${name#*.}
        grep -rlE "class $class\b" FileDrop.Api.Tests --include='*.cs' | xargs -r grep -qE "public (static )?(async )?(Task|void|ValueTask) $method\(" \
            || { echo "No test $name, but a document names it"; missing=1; }
    done
    return $missing
}

# The build already runs the analyzers with their warnings as errors, and those of style are among them; only white space and the order of usings are left
# to check.
check_format() {
    dotnet format whitespace . --folder --verify-no-changes \
        && dotnet format style FileDrop.sln --no-restore --diagnostics IMPORTS --verify-no-changes
}

check_packages() { # fails if a package has a known vulnerability
    local project found
    source_knows_vulnerabilities || { echo 'the package source here does not name any vulnerable package'; return "$skip"; }
    for project in FileDrop.ServiceDefaults FileDrop.Api FileDrop.Client FileDrop.Cli FileDrop.Api.Tests FileDrop.Bench; do
        found=$(dotnet list "$project" package --vulnerable --include-transitive) || { echo "$found"; return 1; }
        ! grep -E 'https?://[^ ]*GHSA-' <<<"$found" || return
    done
}

source_knows_vulnerabilities() { # whether it reports a well-known vulnerability: a source without data reports none at all
    mkdir "$work/known" && printf '%s' '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>' \
        '<PackageReference Include="Newtonsoft.Json" Version="12.0.1" /></ItemGroup></Project>' >"$work/known/known.csproj"
    { timeout 120 dotnet restore "$work/known" && timeout 120 dotnet list "$work/known" package --vulnerable; } 2>/dev/null | grep -q GHSA-
}
