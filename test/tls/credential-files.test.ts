import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { onWarning } from 'millrace';
import { credentialFiles, type TlsCredentials } from 'millrace/rsocket';
import { virtualClock } from 'millrace/testing';
import { firstValueFrom, Subject } from 'rxjs';
import { failure } from '../app/applications.js';
import { type Authority, authority } from './authority.js';

describe('credentials in files', () => {
  let root: Authority;
  let folder: string;
  let files: { readonly cert: string; readonly key: string; readonly ca: string };
  before(async () => (root = await authority()));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-'));
    files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), ca: join(folder, 'ca.pem') };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (credentials: TlsCredentials, ...which: readonly (keyof TlsCredentials)[]): void => {
    for (const name of which) {
      // As those who know their trade replace a file: nobody reads half of it.
      writeFileSync(`${files[name]}.new`, credentials[name] ?? '');
      renameSync(`${files[name]}.new`, files[name]);
    }
  };

  /** The credentials as they come, of a clock that is stepped. */
  const following = () => {
    const clock = virtualClock();
    const said = new Subject<TlsCredentials>();
    const warned = new Subject<string>();
    const undo = onWarning(({ message }) => warned.next(message));
    const watching = credentialFiles(files, { every: '5 s', clock }).subscribe(said);
    return {
      said,
      warned,
      /** Goes on in time until what is awaited has come: reading takes the machine's own time. */
      async next<T>(awaited: Subject<T>): Promise<T> {
        let value: T | undefined;
        const listening = awaited.subscribe((each) => (value = each));
        while (value === undefined) await clock.advance(5000);
        listening.unsubscribe();
        return value;
      },
      stop() {
        undo();
        watching.unsubscribe();
        return clock.pending;
      },
    };
  };

  it('are there at once, and again when they have changed', async () => {
    const [first, second] = [await root.issue(), await root.issue()];
    put(first, 'cert', 'key', 'ca');
    expect(await firstValueFrom(credentialFiles(files))).to.deep.equal(first);
    const { said, next, stop } = following();
    expect(await next(said)).to.deep.equal(first);
    put(second, 'cert', 'key');
    expect((await next(said)).cert).to.equal(second.cert);
    expect(stop()).to.equal(0);
  });

  it('of which one was replaced and the other not yet stay as they were, with a warning', async () => {
    const [first, second] = [await root.issue(), await root.issue()];
    put(first, 'cert', 'key', 'ca');
    const { said, warned, next, stop } = following();
    await next(said);
    put(second, 'cert');
    expect(await next(warned)).to.match(/the private key isn't the certificate's; the credentials from before stay/);
    put(second, 'key');
    expect(await next(said)).to.deep.equal(second);
    expect(stop()).to.equal(0);
  });

  it('that are not there fail with the name of the file', async () => {
    put(await root.issue(), 'cert', 'ca');
    const clock = virtualClock();
    const failed = failure(firstValueFrom(credentialFiles(files, { clock })));
    let over = false;
    void failed.finally(() => (over = true));
    while (!over) await clock.advance(100);
    const { tag, code, message } = await failed;
    expect({ tag, code }).to.deep.equal({ tag: 'Invalid', code: 'MILLRACE_CREDENTIALS' });
    expect(message).to.contain(`${files.key} can't be read`);
  });
});
