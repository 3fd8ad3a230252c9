import { expect } from 'chai';
import { type Connection, connect, listen, payload, spiffe, text, tls, type TlsCredentials } from 'millrace/rsocket';
import { BehaviorSubject, firstValueFrom, of } from 'rxjs';
import { over } from '../conformance/scene.js';
import { type Authority, authority, serialOf } from './authority.js';

/** Rounds, in each of which both sides get new certificates, and each fifth a new root. */
const ROUNDS = 30;
const CALLS = 50;

describe('certificates that are replaced under load', () => {
  it('cost no call, on connections of before and after', async () => {
    const peer = spiffe({ trustDomain: 'shop.test' });
    let root: Authority = await authority();
    let roots = root.ca;
    const issue = async (name: string): Promise<TlsCredentials> => ({
      ...(await root.issue({ uris: [`spiffe://shop.test/${name}`] })),
      ca: roots,
    });
    const here = new BehaviorSubject(await issue('films'));
    const there = new BehaviorSubject(await issue('home'));
    const server = await listen(
      tls({ port: 0, credentials: here, peer }),
      ({ request }) => ('subscribe' in request ? request : of(request)),
      { grace: 0 },
    );
    const dial = (): Promise<Connection> => connect(tls({ port: server.address.port, credentials: there, peer }));
    const open = [await dial()];
    const shown = new Set<string>();
    let calls = 0;
    let answers = 0;
    let going = true;
    /** Calls one after the other, on all connections in turn. */
    const caller = async (): Promise<void> => {
      while (going) {
        const said = `${(calls += 1)}`;
        const connection = open[calls % open.length] as Connection;
        expect(text(await firstValueFrom(connection.response(payload(said))))).to.equal(said);
        answers += 1;
      }
    };
    const callers = [caller(), caller(), caller(), caller()];
    for (let round = 1; round <= ROUNDS; round++) {
      if (round % 5 === 0) {
        const next = await authority(`root ${round}`);
        // Both roots are trusted before anyone shows a certificate of the new one.
        roots = `${root.ca}\n${next.ca}\n`;
        here.next({ ...here.value, ca: roots });
        there.next({ ...there.value, ca: roots });
        root = next;
      }
      here.next(await issue('films'));
      there.next(await issue('home'));
      const fresh = await dial();
      shown.add(serialOf(fresh.remote.certificate as Uint8Array));
      open.push(fresh);
      const until = answers + CALLS;
      while (answers < until) await firstValueFrom(fresh.response(payload('still here')));
    }
    going = false;
    await Promise.all(callers);
    expect(answers).to.equal(calls);
    expect(shown.size).to.equal(ROUNDS);
    expect(server.connections).to.equal(ROUNDS + 1);
    for (const each of open) await over(each.close());
    await over(server.close());
  });
});
