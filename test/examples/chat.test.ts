import { expect } from 'chai';
import { clientOf, iterate } from 'millrace';
import { connect, type Connection, tcp, websocket } from 'millrace/rsocket';
import { lastValueFrom, ReplaySubject } from 'rxjs';
import { Chat, type Line } from '../../examples/chat/chat.js';
import { type Child, startChild } from '../child.js';
import { openTerminal, type Terminal } from './terminal.js';

/** Lines that a place keeps for a slow listener, and those that may be on their way to it. */
const KEPT = 256 + 255;

describe('the chat', function () {
  this.timeout(30_000);
  const terminals: Terminal[] = [];
  const visits: (() => Promise<unknown>)[] = [];
  let server: Child;
  let addresses: readonly [string, string];

  const enter = (who: string, room = 'lobby'): Terminal => {
    const terminal = openTerminal('examples/chat/client.js', [who, room, addresses[0]]);
    terminals.push(terminal);
    return terminal;
  };
  /** One who talks by the contract alone, and reads only what is asked for with `next`. */
  const visit = (connection: Connection, who: string) => {
    const lines = new ReplaySubject<Line>(1);
    const heard = iterate(clientOf(Chat, connection).talk(lines))[Symbol.asyncIterator]();
    visits.push(async () => {
      await heard.return?.();
      await lastValueFrom(connection.close(), { defaultValue: undefined });
    });
    const next = async (): Promise<string | undefined> => {
      const { value } = await heard.next();
      return value === undefined ? undefined : `${value.who}: ${value.text}`;
    };
    return { say: (text: string): void => lines.next({ room: 'lobby', who, text }), next };
  };
  const overTcp = (): Promise<Connection> => connect(tcp({ port: Number(new URL(addresses[0]).port) }));

  beforeEach(async () => {
    server = startChild('examples/chat/server.js', ['0', '0']);
    const [, tcpAddress = '', webSocket = ''] = await server.line(/"addresses":\["(tcp:[^"]+)","(ws:[^"]+)"\]/);
    addresses = [tcpAddress, webSocket];
  });
  afterEach(async () => {
    await Promise.all(visits.splice(0).map((leave) => leave()));
    for (const terminal of terminals) terminal.kill('SIGKILL');
    await Promise.all(terminals.splice(0).map((terminal) => terminal.ended));
    server.kill('SIGKILL');
    await server.ended;
  });

  it('says to everybody in a room what somebody says there', async () => {
    const ann = enter('ann');
    await ann.until('#lobby ann: comes in');
    const bob = enter('bob');
    await ann.until('#lobby bob: comes in');
    bob.type('hello');
    expect(await ann.until('#lobby bob: hello')).to.deep.equal(['#lobby bob: hello']);
    ann.type('hello, bob');
    expect(await bob.until('#lobby ann: hello, bob')).to.deep.equal([
      '#lobby bob: comes in',
      '#lobby bob: hello',
      '#lobby ann: hello, bob',
    ]);
  });

  it('keeps what is said in one room from another', async () => {
    const [ann, bob, eve] = [enter('ann'), enter('bob', 'kitchen'), enter('eve', 'kitchen')];
    await ann.until('#lobby ann: comes in');
    await Promise.all([bob.until('#kitchen bob: comes in'), eve.until('#kitchen eve: comes in')]);
    bob.type('soup');
    await eve.until('#kitchen bob: soup');
    ann.type('anybody?');
    expect(await ann.until('#lobby ann: anybody?')).to.deep.equal(['#lobby ann: anybody?']);
  });

  it('goes to another room, and is heard to leave the first', async () => {
    const [ann, bob] = [enter('ann'), enter('bob', 'kitchen')];
    await ann.until('#lobby ann: comes in');
    await bob.until('#kitchen bob: comes in');
    bob.type('/join lobby');
    await ann.until('#lobby bob: comes in');
    bob.type('/join kitchen');
    await ann.until('#lobby bob: leaves');
    await bob.until('#kitchen bob: comes in');
  });

  it('ends with the input, and is heard to leave', async () => {
    const ann = enter('ann');
    await ann.until('#lobby ann: comes in');
    const bob = enter('bob');
    await ann.until('#lobby bob: comes in');
    bob.endInput();
    expect(await bob.ended, bob.errors()).to.equal(0);
    await ann.until('#lobby bob: leaves');
  });

  it('hears that somebody has gone whose program was killed', async () => {
    const ann = enter('ann');
    await ann.until('#lobby ann: comes in');
    const bob = enter('bob');
    await ann.until('#lobby bob: comes in');
    bob.kill('SIGKILL');
    await ann.until('#lobby bob: leaves');
  });

  it('refuses a name that is none', async () => {
    const nobody = enter('a b');
    expect(await nobody.ended).to.equal(1);
    expect(nobody.errors()).to.equal(
      'Invalid: the request of chat.talk does not match the contract: who: a name has 1 to 30 letters, digits, - or _\n',
    );
  });

  it('lets terminals and WebSockets talk to each other', async () => {
    const ann = enter('ann');
    await ann.until('#lobby ann: comes in');
    const bob = visit(await connect(websocket({ url: addresses[1] })), 'bob');
    const first = bob.next();
    bob.say('hello from afar');
    expect(await first).to.equal('bob: comes in');
    await ann.until('#lobby bob: hello from afar');
  });

  it('is not held up by one who does not listen, who misses the oldest lines', async () => {
    const count = 1500;
    const [ann, sleeper] = [visit(await overTcp(), 'ann'), visit(await overTcp(), 'sleeper')];
    const asleep = sleeper.next();
    sleeper.say('');
    expect(await asleep).to.equal('sleeper: comes in');
    const heard = ann.next();
    ann.say('');
    expect(await heard).to.equal('ann: comes in');
    for (let n = 1; n <= count; n++) {
      const line = ann.next();
      ann.say(`${n}`);
      expect(await line).to.equal(`ann: ${n}`);
    }
    let read = 0;
    for (let line = await sleeper.next(); line !== `ann: ${count}`; line = await sleeper.next()) read += 1;
    expect(read).to.be.at.most(KEPT + 1);
  });

  it('ends in good order at SIGTERM, and everybody with it', async () => {
    const ann = enter('ann');
    await ann.until('#lobby ann: comes in');
    server.kill('SIGTERM');
    expect(await server.ended, server.errors()).to.equal(0);
    expect(await ann.ended).to.equal(1);
    expect(ann.errors()).to.match(/^Broken: /);
  });
});
