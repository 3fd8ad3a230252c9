/** How much of a lost connection a server keeps, and for how long. */
import { type ErrorFrame, type RawFrame, resumeFrame, responseFrame } from '../rsocket/raw-frame.js';
import { ask, type LimitCase, type Place, turns } from './limit-case.js';
import { dialRaw, type RawClient, setUpRaw } from './raw-client.js';

/** The bytes of an answer's frame and of the length before it, without its data. */
const HEAD = 9;

export const resumeCases = {
  resumeBytes: {
    limit: 200,
    async attempt(amount, { transport }) {
      await answerAndLose(transport, 'a', amount);
      return resumed(transport, 'a');
    },
    outcomes: ['resumed', 'resumed', 'refused'],
  },
  resumeTotal: {
    limit: 200,
    async attempt(amount, { transport }) {
      await answerAndLose(transport, 'a', 100);
      await answerAndLose(transport, 'b', amount - 100);
      return `${await resumed(transport, 'a')}, ${await resumed(transport, 'b')}`;
    },
    outcomes: ['resumed, resumed', 'resumed, resumed', 'resumed, refused'],
  },
  resumeTime: {
    limit: 100,
    async attempt(amount, { transport, clock }) {
      await answerAndLose(transport, 'a', 100);
      await clock.advance(amount);
      return resumed(transport, 'a');
    },
    outcomes: ['resumed', 'refused', 'refused'],
  },
} satisfies Record<string, LimitCase>;

/** A connection that is lost with an answer of so many bytes, of which the server doesn't know that it has come. */
async function answerAndLose(transport: Place['transport'], token: string, bytes: number): Promise<void> {
  const client: RawClient = await setUpRaw(transport, { token });
  client.send(responseFrame(1, `bytes ${bytes - HEAD}`));
  await client.expectFrame((frame): frame is RawFrame => frame.name === 'PAYLOAD', 'an answer');
  client.close();
  await turns();
}

async function resumed(transport: Place['transport'], token: string): Promise<string> {
  const client = await dialRaw(transport);
  client.send(resumeFrame(token));
  const frame = await client.expectFrame(
    (each): each is RawFrame | ErrorFrame => each.name === 'RESUME_OK' || each.name === 'ERROR',
    'an answer to RESUME',
  );
  if (frame.name !== 'RESUME_OK') return 'refused';
  await client.expectFrame((each): each is RawFrame => each.name === 'PAYLOAD', 'the answer once more');
  const goesOn = await ask(client, 3);
  client.close();
  return goesOn === 'answered' ? 'resumed' : goesOn;
}
