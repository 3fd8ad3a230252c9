/** Small policies to fuse, which write down what they are asked. */
import { type ObservableInput } from 'rxjs';
import { type AnyPolicy, anyPolicy, meshError, type Policy } from 'millrace';

/** Lets everything through and writes `name admit`, `name first`, `name complete` … to `log`. */
export function logged(name: string, log: string[]): AnyPolicy {
  return anyPolicy<number, undefined>({
    name,
    initial: 0,
    admit(state) {
      log.push(`${name} admit`);
      return { state: state + 1 };
    },
    first(state) {
      log.push(`${name} first`);
      return state;
    },
    settle(state, { kind }) {
      log.push(`${name} ${kind}`);
      return { state: state - 1 };
    },
  });
}

/** Counts into `counts` what is admitted and how it ends. */
export function counter(counts: { open: number; most: number; ended: number }): AnyPolicy {
  return anyPolicy<number, undefined>({
    name: 'counter',
    initial: 0,
    admit(open) {
      counts.open = open + 1;
      counts.most = Math.max(counts.most, open + 1);
      return { state: open + 1 };
    },
    settle(open) {
      counts.open = open - 1;
      counts.ended += 1;
      return { state: open - 1 };
    },
  });
}

/** Refuses a call while `most` are open. */
export function limiter(most: number): AnyPolicy {
  return anyPolicy<number, undefined>({
    name: 'limiter',
    initial: 0,
    admit: (open) =>
      open >= most ? { state: open, refuse: meshError('Rejected', `${open} calls are open`) } : { state: open + 1 },
    settle: (open) => ({ state: open - 1 }),
  });
}

/** Ends a call that has no first item, or no end, within `ms`. */
export function within(ms: number, until: 'first' | 'end' = 'end', tag: 'Slow' | 'Late' = 'Slow'): AnyPolicy {
  return anyPolicy<undefined, undefined>({
    name: 'within',
    initial: undefined,
    admit: (state) => ({ state, within: { ms, until, late: () => meshError(tag, `longer than ${ms} ms`) } }),
    settle: (state) => ({ state }),
  });
}

/** Tries a failed call again, so many times in all, `after` milliseconds later; what says never is not tried. */
export function again(attempts: number, after = 0): AnyPolicy {
  const policy: Policy<undefined, number> = {
    name: 'again',
    initial: undefined,
    admit: (state) => ({ state }),
    settle: (state, { kind, error }, _call, _now, tried = 1) =>
      kind === 'error' && error?.retry !== 'never' && tried < attempts
        ? { state, remedy: { kind: 'again', after } }
        : { state },
    keep: (tried = 1) => tried + 1,
  };
  return anyPolicy(policy);
}

/** Answers a failed call with something else. */
export function instead(source: () => ObservableInput<unknown>): AnyPolicy {
  return anyPolicy<undefined, undefined>({
    name: 'instead',
    initial: undefined,
    admit: (state) => ({ state }),
    settle: (state) => ({ state, remedy: { kind: 'instead', source } }),
  });
}
