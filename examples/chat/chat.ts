/** What people say to each other. */
import { channel, contract } from 'millrace';
import { z } from 'zod';

const name = z.string().regex(/^[\w-]{1,30}$/, 'a name has 1 to 30 letters, digits, - or _');

/** Something said in a room; nothing but spaces only enters it. */
export const Line = z.object({ room: name, who: name, text: z.string().max(1000) });
export type Line = z.infer<typeof Line>;

export const Chat = contract('chat', {
  talk: channel(Line, Line, {
    about: 'What one says, and what is said in the room that one was heard in last.',
    overflow: { dropOldest: 256 },
  }),
});
