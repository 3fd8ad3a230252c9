/** How long a client tries. */
import type { MeshError } from 'millrace';
import { connect, type Transport } from 'millrace/rsocket';
import { over } from '../conformance/scene.js';
import { type LimitCase, turns } from './limit-case.js';

export const clientCases = {
  dialTime: {
    limit: 5000,
    async attempt(amount, { transport, limits, clock }) {
      const slow: Transport = {
        ...transport,
        dial: () => new Promise((resolve) => void clock.after(amount, () => resolve(transport.dial()))),
      };
      const dialling = connect(slow, { limits, clock }).then(
        (client) => over(client.close()).then(() => 'connected'),
        (error: MeshError) => error.tag,
      );
      await clock.advance(amount);
      await turns();
      await clock.advance(2000);
      return dialling;
    },
    outcomes: ['connected', 'connected', 'Unavailable'],
  },
} satisfies Record<string, LimitCase>;
