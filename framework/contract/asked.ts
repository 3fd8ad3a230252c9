/** What a call asks, for those who see it when it is a message already. */
import type { Call } from '../core/index.js';

const ASKED = Symbol('asked');

/** The call with `request` in the place of what it asks, which stays known. */
export function askedAs<Req>(call: Call<unknown>, request: Req): Call<Req> {
  const asking: Call<Req> & { [ASKED]: unknown } = { ...call, request, [ASKED]: call.request };
  return asking;
}

/** What a client was given to ask, before it was encoded; for the keys of balancers. */
export function askedOf(call: Call<unknown>): unknown {
  return ASKED in call ? call[ASKED] : call.request;
}
