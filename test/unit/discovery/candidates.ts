/** Endpoints that a test describes, for balancers. */
import { callOf, type Call, type Candidate, type Instance, instanceOf } from 'millrace';

export interface Fake extends Candidate {
  pending: number;
  available: boolean;
  /** Milliseconds. */
  slow: number;
}

export function fake(id: string, about: Partial<Instance> & { readonly slow?: number } = {}): Fake {
  const { slow = 10, ...parts } = about;
  const instance = instanceOf({ app: 'TEST', id, ...parts });
  return {
    instance,
    pending: 0,
    available: true,
    slow,
    latency() {
      return this.slow;
    },
    rest: () => slow,
    load() {
      return (this.slow * (this.pending + 1)) / instance.weight;
    },
    share: () => instance.weight,
  };
}

export function callWith(parts: Partial<Call<unknown>> = {}): Call<unknown> {
  return callOf({ interaction: 'response', request: undefined, method: 'test.it', ...parts });
}

/** How often each was chosen, by its id. */
export function tally(count: number, choose: () => Fake | undefined): Record<string, number> {
  const chosen: Record<string, number> = {};
  for (let at = 0; at < count; at++) {
    const id = choose()?.instance.id ?? 'none';
    chosen[id] = (chosen[id] ?? 0) + 1;
  }
  return chosen;
}
