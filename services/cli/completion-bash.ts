/** Completion for bash. */
import type { OptionWords, Words } from './completion-words.js';

export function bash({ commands, options }: Words): string {
  const cases = commands.map(({ name, options: own, choices }) => {
    const values = own.filter(({ takesValue }) => takesValue).map((option) => `        ${valueCase(option)}`);
    return `    ${name})
      case "$before" in
${values.join('\n')}${values.length === 0 ? '' : '\n'}        *) _millrace_words ${quoted([...choices, ...flagsOf(own)].join(' '))} ;;
      esac
      ;;`;
  });
  return `# bash completion of millrace: source <(millrace completion bash)
_millrace_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _millrace_words ${quoted([...commands.map(({ name }) => name), ...flagsOf(options)].join(' '))}
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}

complete -o default -F _millrace millrace
`;
}

function valueCase({ flags, choices, path }: OptionWords): string {
  const what = path
    ? 'mapfile -t COMPREPLY < <(compgen -f -- "$word")'
    : `_millrace_words ${quoted(choices.join(' '))}`;
  return `${flags.join('|')}) ${what} ;;`;
}

function flagsOf(options: readonly OptionWords[]): string[] {
  return options.flatMap(({ flags }) => flags);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
