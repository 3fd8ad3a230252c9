/** What must hold inside the wire at any time, seen before it shows outside: what is counted never goes below nothing. */
import { Reassembler } from '../../transports/rsocket/reassembler.js';
import { StreamTable } from '../../transports/rsocket/stream-table.js';

let broken: string | undefined;

/** What was broken since it was last asked. */
export function brokenInvariant(): string | undefined {
  const said = broken;
  broken = undefined;
  return said;
}

/** Watches all connections of this process from now on. */
export function watchInvariants(): void {
  after(Reassembler.prototype, 'forget', (of) => notBelow(of, 'held', 'bytes of unfinished items'));
  after(Reassembler.prototype, 'add', (of) => {
    const { reassemblies } = Reflect.get(of, 'limits') as { readonly reassemblies: number };
    const held = Reflect.get(of, 'held') as number;
    if (held > reassemblies) broken ??= `${held} bytes of unfinished items are held, ${reassemblies} at most`;
  });
  after(StreamTable.prototype, 'forget', (of) => {
    notBelow(of, 'size', 'streams');
    notBelow(of, 'peers', 'streams of the peer');
  });
}

function notBelow(of: object, name: string, what: string): void {
  const count = Reflect.get(of, name) as number;
  if (count < 0) broken ??= `there are ${count} ${what}`;
}

function after(type: object, name: string, look: (of: object) => void): void {
  const plain = Reflect.get(type, name) as (...args: unknown[]) => unknown;
  Reflect.set(type, name, function (this: object, ...args: unknown[]): unknown {
    const result = plain.apply(this, args);
    look(this);
    return result;
  });
}
