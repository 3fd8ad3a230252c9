import { expect } from 'chai';
import { addresses, type Client, type ErrorTag, iterate, mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { applications, failure } from '../app/applications.js';
import { Mischief } from './mischief.js';
import { type Program, processes } from './processes.js';

const LOST = 'an error that nobody handles';

describe('a handler', function () {
  this.timeout(30_000);
  const { start } = processes();
  const startApp = applications();
  let program: Program;
  let client: Client<typeof Mischief>;

  beforeEach(async () => {
    program = await start('mischief', ['--app.grace=200 ms']);
    const app = await startApp(mesh().over(tcp()).in(addresses(program.address)));
    client = app.client(Mischief).with({ deadline: '10 s' });
  });

  const goesOn = async (): Promise<void> => {
    for (let count = 0; count < 3; count++) expect(await firstValueFrom(client.ping())).to.equal('pong');
  };

  const answers: readonly (readonly [how: string, tag: ErrorTag])[] = [
    ['throws', 'Defect'],
    ['throws no error', 'Defect'],
    ['rejects', 'Defect'],
    ['errors', 'Defect'],
    ['errors when subscribed', 'Defect'],
    ['is undefined', 'Defect'],
    ['is a number', 'Defect'],
    ['has no form', 'Defect'],
  ];
  for (const [how, tag] of answers) {
    it(`whose answer ${how} fails its own call, and is logged`, async () => {
      const beside = firstValueFrom(client.ping());
      expect(await failure(firstValueFrom(client.answer(how)))).to.include({ tag, message: 'internal error' });
      expect(await beside).to.equal('pong');
      await goesOn();
      expect(program.logged('mischief.answer failed')).to.have.length(1);
      expect(program.logged(LOST)).to.deep.equal([]);
    });
  }

  it('whose answer is empty answers with nothing', async () => {
    expect(await firstValueFrom(client.answer('is empty'))).to.equal(undefined);
  });

  it('whose answer has many items answers with the first', async () => {
    expect(await lastValueFrom(client.answer('has many items').pipe(toArray()))).to.deep.equal(['first']);
  });

  it('that errors after its answer has answered', async () => {
    expect(await firstValueFrom(client.answer('errors after its answer'))).to.equal('left');
    await goesOn();
  });

  it('whose answer never comes fails its own call as Late, with no other behind it', async () => {
    const error = await failure(firstValueFrom(client.with({ deadline: '50 ms' }).answer('is never')));
    expect(error.tag).to.equal('Late');
    await goesOn();
  });

  for (const how of ['leaves a rejected promise', 'leaves an error that nobody handles', 'throws in a subscriber']) {
    it(`that ${how} has answered, and the rest is logged`, async () => {
      expect(await firstValueFrom(client.answer(how))).to.equal('left');
      expect((await program.says(LOST)).err).to.include({ message: 'boom' });
      await goesOn();
    });
  }

  for (const how of ['floods', 'floods later']) {
    it(`that ${how} fails its own call as Overrun, and no other waits for it`, async () => {
      const read = async (): Promise<number> => {
        let seen = 0;
        for await (const _ of iterate(client.items(how))) {
          seen += 1;
          await firstValueFrom(client.ping());
        }
        return seen;
      };
      const error = await failure(read());
      expect(error.tag).to.equal('Overrun');
      expect(error.message).to.match(/^mischief\.items gave more than 256 items that nobody had asked for/);
      await goesOn();
    });
  }

  it('that throws in the middle of a stream fails it behind the items before', async () => {
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of iterate(client.items('throws'))) seen.push(item);
    };
    expect((await failure(read())).tag).to.equal('Defect');
    expect(seen).to.deep.equal([1]);
    await goesOn();
  });

  for (const how of ['throws', 'rejects']) {
    it(`of a fire-and-forget that ${how} is logged`, async () => {
      await lastValueFrom(client.told(how), { defaultValue: undefined });
      expect((await program.says('mischief.told failed')).err).to.include({ message: 'boom' });
      await goesOn();
    });
  }

  it('of a fire-and-forget that never ends holds up no other, and no end longer than the grace', async () => {
    await lastValueFrom(client.told('never'), { defaultValue: undefined });
    await goesOn();
    program.kill('SIGTERM');
    expect(await program.ended).to.equal(0);
    expect(program.logged('calls were open after 200 ms of grace')).to.have.length(1);
  });

  for (const how of ['throw out of a callback', 'emit an error that nobody hears']) {
    it(`told to ${how} ends the process with 1, in good order, and says why`, async () => {
      const call = failure(firstValueFrom(client.answer(how)));
      await program.says(`told to ${how}`);
      const fatal = await program.says(/an error was thrown where nobody catches it/);
      expect(fatal).to.include({ level: 60 });
      expect(fatal.err?.message).to.equal('boom');
      expect(fatal.err?.stack).to.include('mischief');
      program.kill('SIGTERM');
      expect(await program.ended).to.equal(1);
      expect((await call).tag).to.be.oneOf(['Broken', 'Unavailable']);
    });
  }
});
