/** How many requests wait for a lease. */
import { connect, listen, memory, payload } from 'millrace/rsocket';
import { lastValueFrom, NEVER } from 'rxjs';
import { over } from '../conformance/scene.js';
import type { LimitCase } from './limit-case.js';

export const leaseCases = {
  leaseQueue: {
    limit: 3,
    async attempt(amount, { limits }) {
      const place = memory();
      const server = await listen(place, () => NEVER, { leases: NEVER, grace: 0 });
      const client = await connect(place, { lease: true, limits });
      const errors: unknown[] = [];
      const waiting = Array.from({ length: amount }, () =>
        lastValueFrom(client.response(payload('x'))).catch((error: unknown) => errors.push(error)),
      );
      await Promise.race([...waiting, Promise.resolve()]);
      const refused = errors.length;
      await over(client.close());
      await over(server.close());
      await Promise.all(waiting);
      return refused === 0 ? 'wait' : `${(errors[0] as { tag: string }).tag}`;
    },
    outcomes: ['wait', 'wait', 'Rejected'],
  },
} satisfies Record<string, LimitCase>;
