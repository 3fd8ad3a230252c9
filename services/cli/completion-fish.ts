/** Completion for fish. */
import type { OptionWords, Words } from './completion-words.js';

export function fish({ commands, options }: Words): string {
  const none = '-n __fish_use_subcommand';
  const lines = commands.flatMap(({ name, about, options: own, choices }) => {
    const here = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c millrace -f ${none} -a ${name} -d ${quoted(about)}`,
      ...(choices.length === 0 ? [] : [`complete -c millrace -f ${here} -a ${quoted(choices.join(' '))}`]),
      ...own.map((option) => `complete -c millrace ${here} ${optionOf(option)}`),
    ];
  });
  const own = options.map((option) => `complete -c millrace ${none} ${optionOf(option)}`);
  return `# fish completion of millrace: millrace completion fish > ~/.config/fish/completions/millrace.fish
${[...own, ...lines].join('\n')}
`;
}

function optionOf({ flags, about, takesValue, choices, path }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = takesValue
    ? [path ? '-r' : '-x', ...(choices.length === 0 ? [] : [`-a ${quoted(choices.join(' '))}`])]
    : [];
  return [...names, ...value, `-d ${quoted(about)}`].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
