/** Starts the server of scale-server.ts, asks it what it holds, and ends it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Limits } from 'millrace/rsocket';
import type { Held } from './scale-server.js';

export interface Host {
  readonly path: string;
  readonly port: number;
  held(): Promise<Held>;
  /** Asks until it is so, for some seconds; resolves with the last answer, whether it is or not. */
  until(right: (held: Held) => boolean): Promise<Held>;
  end(): Promise<void>;
}

const TRIES = 100;

export async function startHost(limits: Partial<Limits> = {}): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-scale-'));
  const path = join(folder, 's');
  const script = fileURLToPath(new URL('scale-server.js', import.meta.url));
  const child = spawn(process.execPath, [script, path, JSON.stringify(limits)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const next = async (): Promise<unknown> => {
    const answer = (await Promise.race([once(child, 'message'), gone])) as [unknown];
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the server has ended');
    return answer[0];
  };
  const port = (await next()) as number;
  const held = (): Promise<Held> => {
    const answer = next();
    child.send('held');
    return answer as Promise<Held>;
  };
  return {
    path,
    port,
    held,
    async until(right) {
      let now = await held();
      for (let tries = 0; tries < TRIES && !right(now); tries++) {
        await delay(100);
        now = await held();
      }
      return now;
    },
    async end() {
      child.disconnect();
      await gone;
      process.off('exit', remove);
      remove();
    },
  };
}

/** What came of a case: a line of figures, and what was not as it must be. */
export interface Finding {
  readonly figures: string;
  readonly faults: readonly string[];
}

export const MIB = 2 ** 20;
export const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
export const counted = (number: number): string => Math.round(number).toLocaleString('en');

export type Claim = readonly [holds: boolean, fault: string];

/** The faults whose condition does not hold. */
export function unless(...claims: readonly Claim[]): string[] {
  return claims.filter(([holds]) => !holds).map(([, fault]) => fault);
}
