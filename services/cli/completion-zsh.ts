/** Completion for zsh. */
import type { CommandWords, OptionWords, Words } from './completion-words.js';

export function zsh({ commands, options }: Words): string {
  const described = commands.map(({ name, about }) => `    ${quoted(`${name}:${about.replaceAll(':', '\\:')}`)}`);
  const cases = commands.map((command) => `        ${command.name}) _arguments -S ${argumentsOf(command)} ;;`);
  return `#compdef millrace
# zsh completion of millrace: millrace completion zsh > a file called _millrace in a folder of $fpath
_millrace() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C ${options.flatMap(specsOf).join(' ')} '1:command:->command' '*::word:->words'
  case "$state" in
    command) _describe 'command' commands ;;
    words)
      case "\${line[1]}" in
${cases.join('\n')}
      esac
      ;;
  esac
}

if [ "$funcstack[1]" = "_millrace" ]; then _millrace "$@"; else compdef _millrace millrace; fi
`;
}

function argumentsOf({ options, choices }: CommandWords): string {
  const first = choices.length === 0 ? "'*:word:_files'" : quoted(`1:word:(${choices.join(' ')})`);
  return [...options.flatMap(specsOf), first].join(' ');
}

/** A specification for each of an option's flags, which may be repeated: `'*--at[where]:value:'`. */
function specsOf({ flags, about, takesValue, choices, path }: OptionWords): string[] {
  const said = about.replaceAll(/[[\]\\:]/g, String.raw`\$&`);
  const values = path ? '_files' : choices.length === 0 ? '' : `(${choices.join(' ')})`;
  return flags.map((flag) => quoted(`*${flag}[${said}]${takesValue ? `:value:${values}` : ''}`));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
