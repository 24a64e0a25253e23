namespace FileDrop.Cli.Completion;

/// <summary>The scripts that ask <c>filedrop [suggest:POSITION] "LINE"</c>, which prints a suggestion a line.</summary>
internal static class Scripts
{
    // bash breaks words at colons, so the part before the last colon is taken off again. The tool does not know the shell's escapes: for a name with a space it is
    // asked for the folder. Options come once a word begins like one, and files of this machine where nothing else fits.
    private const string Bash = """
        _filedrop() {
            local line="${COMP_LINE:0:COMP_POINT}" word="" plain before each
            [[ "$line" =~ (([^[:space:]\\]|\\.)*)$ ]] && word="${BASH_REMATCH[1]}"
            plain="${word//\\/}"
            if [[ "$plain" == *[[:space:]]* ]]; then
                line="${line%"$word"}${plain%/*}/"
            fi
            before="${plain%"${plain##*:}"}"
            [[ "$COMP_WORDBREAKS" == *:* ]] || before=""
            local IFS=$'\n'
            COMPREPLY=()
            for each in $(filedrop "[suggest:${#line}]" "$line" 2>/dev/null); do
                [[ "$each" == "$plain"* && ( "$plain" == -* || "$each" != -* && "$each" != /* ) ]] && COMPREPLY+=("$(printf %q "${each#"$before"}")")
            done
            [[ "${COMPREPLY[0]-}" == */ ]] && compopt -o nospace
            if [[ "$plain" != fd:* && "$plain" != -* && ( "${COMPREPLY[*]-}" == "" || "${COMPREPLY[*]-}" == "fd:/" ) ]]; then
                compopt -o filenames -o nospace
                COMPREPLY+=($(compgen -f -- "$plain"))
            fi
        }
        complete -F _filedrop filedrop

        """;

    private const string Zsh = """
        #compdef filedrop
        _filedrop() {
            local line="${BUFFER[1,$CURSOR]}"
            local word="${line##*[[:space:]]}"
            local -a found folders files
            found=("${(@f)$(filedrop "[suggest:${#line}]" "$line" 2>/dev/null)}")
            found=("${(@M)found:#${(b)word}*}")
            [[ "$word" == -* ]] || found=("${(@)found:#-*}") found=("${(@)found:#/*}")
            folders=("${(@M)found:#*/}")
            files=("${(@)found:#*/}")
            files=("${(@)files:#}")
            (( ${#folders} )) && compadd -S '' -- "${folders[@]}"
            (( ${#files} )) && compadd -- "${files[@]}"
            [[ "$word" == fd:* || "$word" == -* || ${#files} -gt 0 ]] || _files
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
            set -l found (filedrop "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            string match -q -- '-*' "$word"; or set found (string match -v -r -- '^[-/]' $found)
            printf '%s\n' $found
            if not string match -q -r -- '^(fd:|-)' "$word"
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
