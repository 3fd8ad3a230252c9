/** Inputs that reached what none before them did, and the next to be tried. */
import type { Dice } from './dice.js';
import type { Input } from './input.js';
import { mutated, random } from './mutate.js';

/** Enough to go on from; the oldest found ones make room. */
const MOST = 4000;
const RECENT = 64;

export class Corpus {
  private readonly inputs: Input[];
  private untried: Input[];

  constructor(
    private readonly seeds: readonly Input[],
    private readonly dice: Dice,
  ) {
    this.inputs = [...seeds];
    this.untried = [...seeds];
  }

  get size(): number {
    return this.inputs.length;
  }

  get all(): readonly Input[] {
    return this.inputs;
  }

  keep(input: Input): void {
    this.inputs.push(input);
    if (this.inputs.length > this.seeds.length + MOST) this.inputs.splice(this.seeds.length, 1);
  }

  /** The seeds first, as they are; then a change of one of them, of any, or of what was found last. */
  next(): Input {
    const { dice, inputs } = this;
    const seed = this.untried.shift();
    if (seed !== undefined) return seed;
    if (dice.once(50)) return random(dice);
    const from = dice.pick([this.seeds, inputs, inputs.slice(-RECENT)]);
    return mutated(dice, dice.pick(from), dice.pick(inputs));
  }
}
