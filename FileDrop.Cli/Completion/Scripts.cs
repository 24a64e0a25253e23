namespace FileDrop.Cli.Completion;

/// <summary>The scripts that ask <c>filedrop [suggest:POSITION] "LINE"</c>, which prints a suggestion a line.</summary>
internal static class Scripts
{
    // bash replaces only the part of a word behind its last break: a colon that is not quoted, or a quote that is still open. So the word is taken apart as bash
    // does it. It goes to the tool without quotes and escapes, in a variable, since System.CommandLine ends a word at a space. Options come once a word begins
    // like one, and files of this machine where nothing else fits.
    private const string Bash = """
        _filedrop() {
            local line="${COMP_LINE:0:COMP_POINT}" plain="" quote="" start=0 mark=0 open=0 i char each
            for ((i = 0; i < ${#line}; i++)); do
                char="${line:i:1}"
                if [[ "$char" == "\\" && "$quote" != "'" ]]; then
                    ((++i))
                    plain+="${line:i:1}"
                elif [[ "$quote" != "" && "$char" == "$quote" ]]; then
                    quote=""
                elif [[ "$quote" == "" && ( "$char" == "'" || "$char" == '"' ) ]]; then
                    quote="$char"
                    open=${#plain}
                elif [[ "$quote" == "" && "$char" == [[:space:]] ]]; then
                    plain=""
                    start=$((i + 1))
                    mark=0
                else
                    plain+="$char"
                    [[ "$quote" == "" && "$COMP_WORDBREAKS" == *"$char"* ]] && mark=${#plain}
                fi
            done
            [[ "$quote" == "" ]] || mark=$open
            line="${line:0:start}$plain"
            [[ "$plain" == *[[:space:]]* ]] && line="${line:0:start}\"$plain"
            local IFS=$'\n'
            COMPREPLY=()
            while read -r each; do
                [[ "$each" == "$plain"* && ( "$plain" == -* || "$each" != -* && "$each" != /* ) ]] || continue
                each="${each:mark}"
                [[ "$quote" == "" ]] && each="$(printf %q "$each")"
                COMPREPLY+=("$each")
            done < <(FILEDROP_WORD="$plain" filedrop "[suggest:${#line}]" "$line" 2>/dev/null)
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
