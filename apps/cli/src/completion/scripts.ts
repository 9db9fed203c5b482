import { completeWord } from "./protocol.ts";

/** Shells that a completion script exists for. */
export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/** A shell that a completion script exists for. */
export type Shell = (typeof shells)[number];

// Each script hands the words up to the cursor to `smith __complete`, which prints a candidate a line as
// value<TAB>description and, last, what else the shell shall offer: :none, :file or :folder.

const bash = `# bash completion for smith
_smith() {
  local value rest kind=":none" current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == "=" ]] && current=""
  COMPREPLY=()
  while IFS=$'\\t' read -r value rest; do
    if [[ $value == :* ]]; then kind=$value; else COMPREPLY+=("$value"); fi
  done < <("\${COMP_WORDS[0]}" ${completeWord} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
    :file) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
    :folder) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
  esac
}
complete -F _smith smith
`;

const zsh = `#compdef smith
# zsh completion for smith
_smith() {
  local value rest kind=":none"
  local -a candidates
  while IFS=$'\\t' read -r value rest; do
    if [[ $value == :* ]]; then kind=$value; else candidates+=("\${value//:/\\\\:}:\${rest}"); fi
  done < <("\${words[1]}" ${completeWord} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#candidates} )) && _describe 'smith' candidates
  case $kind in
    :file) _files ;;
    :folder) _files -/ ;;
  esac
}
if [[ "\${funcstack[1]}" == "_smith" ]]; then _smith "$@"; else compdef _smith smith; fi
`;

const fish = `# fish completion for smith
function __smith_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l kind ":none"
    for line in ($words[1] ${completeWord} -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':*'
                set kind $line
            case '*'
                echo $line
        end
    end
    switch $kind
        case ':file'
            __fish_complete_path (commandline -ct)
        case ':folder'
            __fish_complete_directories (commandline -ct)
    end
end
complete -c smith -f -a '(__smith_complete)'
`;

const powershell = `# PowerShell completion for smith
Register-ArgumentCompleter -Native -CommandName smith -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } | ForEach-Object { "$_" })
  $given = @($words | Select-Object -Skip 1)
  if ($word -eq '') { $given += '' }
  $lines = @(& $words[0] ${completeWord} -- @given 2>$null)
  foreach ($line in $lines) {
    if ($line.StartsWith(':')) { continue }
    $value, $about = $line -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`;

/** The completion script of each shell. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, powershell };
