// Those who register and those who watch, over a few connections.

import { clientOf, type Changes, GateSink, type Instance, instanceOf, Registry, type Registration } from 'millrace';
import { connect, type Connection, tcp } from 'millrace/rsocket';
import { lastValueFrom, ReplaySubject, type Subscription } from 'rxjs';

export const SERVICE = 'bench';

export function instance(at: number, dirty = 1): Instance {
  return instanceOf({
    app: 'BENCH',
    id: `bench-${at}`,
    addresses: [`tcp://127.0.0.1:${1024 + (at % 60_000)}`],
    services: [SERVICE],
    zone: `zone-${at % 3}`,
    metadata: { version: '1.2.3' },
    dirty,
    lease: { renewal: 30_000, duration: 90_000 },
  });
}

/** A registration that can be changed and ended. */
export interface Registered {
  change(instance: Instance): void;
  end(): void;
}

export class Crowd {
  private constructor(
    private readonly connections: readonly Connection[],
    private readonly held: Set<Subscription> = new Set(),
  ) {}

  static async at(port: number, connections: number): Promise<Crowd> {
    return new Crowd(
      await Promise.all(
        Array.from({ length: connections }, () => connect(tcp({ port }), { limits: { streams: 10_000 } })),
      ),
    );
  }

  /** Registers over one of the connections. Resolves when the registry has answered. */
  register(at: number): Promise<Registered> {
    return new Promise((resolve, reject) => {
      const messages = new ReplaySubject<Registration>(1);
      const client = clientOf(Registry, this.connection(at));
      const sink = new GateSink<unknown>({
        next: () => resolve({ change: (next) => messages.next({ instance: next }), end: () => messages.complete() }),
        error: reject,
        complete: () => undefined,
      });
      client.register(messages).subscribe(sink);
      sink.request(Infinity);
      this.held.add(sink);
      messages.next({ instance: instance(at) });
    });
  }

  /** Watches over one of the connections; resolves once everything has been told. */
  watch(at: number, told: (changes: Changes) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const sink = new GateSink<Changes>({
        next(changes) {
          told(changes);
          if (changes.more !== true) resolve();
        },
        error: reject,
        complete: () => undefined,
      });
      clientOf(Registry, this.connection(at))
        .watch({ services: [SERVICE] })
        .subscribe(sink);
      sink.request(Infinity);
      this.held.add(sink);
    });
  }

  async close(): Promise<void> {
    for (const each of this.held) each.unsubscribe();
    await Promise.all(this.connections.map((each) => lastValueFrom(each.close(), { defaultValue: undefined })));
  }

  private connection(at: number): Connection {
    return this.connections[at % this.connections.length] as Connection;
  }
}
