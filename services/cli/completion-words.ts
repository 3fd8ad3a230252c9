/** The words of a command line, as its parser knows them. */
import type { Command, Option } from 'commander';

export interface Words {
  readonly commands: readonly CommandWords[];
  /** Of the program itself. */
  readonly options: readonly OptionWords[];
}

export interface CommandWords {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionWords[];
  /** What its first argument may be, where that is known. */
  readonly choices: readonly string[];
}

export interface OptionWords {
  /** `-o` and `--output`. */
  readonly flags: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  /** What the value may be; empty where that isn't known. */
  readonly choices: readonly string[];
  /** Whether the value is a path. */
  readonly path: boolean;
}

/** Reads the tree of commands. */
export function wordsOf(program: Command): Words {
  const commands = program.commands.map((command): CommandWords => ({
    name: command.name(),
    about: command.description(),
    options: [...command.options.map(optionOf), HELP],
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }));
  const help = {
    name: 'help',
    about: 'Says how a command is used.',
    options: [],
    choices: commands.map(({ name }) => name),
  };
  return { commands: [...commands, help], options: [...program.options.map(optionOf), HELP] };
}

const HELP: OptionWords = {
  flags: ['-h', '--help'],
  about: 'says how it is used',
  takesValue: false,
  choices: [],
  path: false,
};

function optionOf({ short, long, description, required, optional, argChoices, flags }: Option): OptionWords {
  return {
    flags: [short, long].filter((flag) => typeof flag === 'string'),
    about: description,
    takesValue: required || optional,
    choices: argChoices ?? [],
    path: /<(?:file|folder)>/.test(flags),
  };
}
