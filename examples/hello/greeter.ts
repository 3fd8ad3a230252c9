/** What the greeter is asked, and what it answers. */
import { contract, response } from 'millrace';
import { z } from 'zod';

export const Greeter = contract('greeter', {
  hello: response(z.object({ name: z.string().min(1) }), z.string()),
});
