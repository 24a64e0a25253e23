namespace FileDrop.Cli.Completion;

/// <summary>The scripts that ask <c>filedrop [suggest:POSITION] "LINE"</c>, which prints a suggestion a line.</summary>
internal static class Scripts
{
    // bash breaks words at colons, so the part before the last colon is taken off again. A folder gets no space behind it.
    private const string Bash = """
        _filedrop() {
            local line="${COMP_LINE:0:COMP_POINT}" word="${COMP_LINE:0:COMP_POINT}" each
            word="${word##*[[:space:]]}"
            local IFS=$'\n'
            COMPREPLY=()
            for each in $(filedrop "[suggest:${#line}]" "$line" 2>/dev/null); do
                [[ "$each" == "$word"* ]] && COMPREPLY+=("$each")
            done
            if ((${#COMPREPLY[@]} == 0)) && [[ "$word" != fd:* ]]; then
                compopt -o default
                return
            fi
            [[ "${COMPREPLY[0]-}" == */ ]] && compopt -o nospace
            if [[ "$word" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
                local before="${word%"${word##*:}"}"
                COMPREPLY=("${COMPREPLY[@]#"$before"}")
            fi
            ((${#COMPREPLY[@]} == 1)) && COMPREPLY=("$(printf %q "${COMPREPLY[0]}")")
        }
        complete -F _filedrop filedrop

        """;

    private const string Zsh = """
        #compdef filedrop
        _filedrop() {
            local line="${BUFFER:0:$CURSOR}" word="${PREFIX}"
            local -a found folders files
            found=("${(@f)$(filedrop "[suggest:${#line}]" "$line" 2>/dev/null)}")
            found=("${(@M)found:#${word}*}")
            folders=("${(@M)found:#*/}")
            files=("${(@)found:#*/}")
            (( ${#folders} )) && compadd -Q -S '' -- "${(@q)folders}"
            (( ${#files} )) && compadd -Q -- "${(@q)files}"
            (( ${#folders} + ${#files} )) || _files
        }
        if [ "$funcstack[1]" = "_filedrop" ]; then
            _filedrop "$@"
        else
            compdef _filedrop filedrop
        fi

        """;

    private const string Fish = """
        function __filedrop_complete
            set -l line (commandline -cp)
            set -l word (commandline -ct)
            set -l found (filedrop "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -- "$word*")
            if test (count $found) -gt 0
                printf '%s\n' $found
            else if not string match -q -- 'fd:*' "$word"
                __fish_complete_path "$word"
            end
        end
        complete -c filedrop -f -a '(__filedrop_complete)'

        """;

    private const string Pwsh = """
        Register-ArgumentCompleter -Native -CommandName filedrop -ScriptBlock {
            param($word, $line, $position)
            $text = $line.ToString()
            if ($text.Length -lt $position) { $text = $text.PadRight($position) }
            filedrop "[suggest:$position]" "$text" 2>$null | Where-Object { $_.StartsWith($word) } | ForEach-Object {
                $shown = if ($_ -match '\s') { "'" + $_.Replace("'", "''") + "'" } else { $_ }
                [System.Management.Automation.CompletionResult]::new($shown, $_, 'ParameterValue', $_)
            }
        }

        """;

    /// <summary>The script of each shell.</summary>
    public static IReadOnlyList<(string Shell, string Script)> All { get; } = [("bash", Bash), ("zsh", Zsh), ("fish", Fish), ("pwsh", Pwsh)];
}
