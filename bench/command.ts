// What a bench command is to `main.ts`.

import type { Options, Values } from './options.js';

export interface Command<O extends Options> {
  readonly about: string;
  readonly options: O;
  run(values: Values<O>): Promise<void>;
}
