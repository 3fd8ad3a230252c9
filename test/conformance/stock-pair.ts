/** A client's and a server's transport on nothing but the interfaces of rsocket-core: frames are handed over as they are, some turns later. */
import {
  type Closeable,
  type ClientTransport,
  Deferred,
  type Demultiplexer,
  type DuplexConnection,
  type Frame,
  type FrameHandler,
  type Multiplexer,
  type Outbound,
  type ServerTransport,
} from 'rsocket-core';

type Handler = Multiplexer & Demultiplexer & FrameHandler;

class End extends Deferred implements Outbound, DuplexConnection {
  other: End | undefined;

  constructor(public handle: (frame: Frame) => void) {
    super();
  }

  get availability(): number {
    return this.done ? 0 : 1;
  }

  get multiplexerDemultiplexer(): Handler {
    throw new Error('nobody asks for it');
  }

  send(frame: Frame): void {
    setImmediate(() => {
      if (this.other?.done === false) this.other.handle(frame);
    });
  }

  override close(error?: Error): void {
    if (this.done) return;
    super.close(error);
    setImmediate(() => this.other?.close(error));
  }
}

export function stockPair(): { readonly client: ClientTransport; readonly server: ServerTransport } {
  let met: ((there: End) => void) | undefined;
  return {
    client: {
      connect(factory) {
        if (met === undefined) return Promise.reject(new Error('nobody listens'));
        const here = new End((frame) => handler.handle(frame));
        const there = new End(() => undefined);
        [here.other, there.other] = [there, here];
        const handler = factory(here);
        met(there);
        return Promise.resolve(here);
      },
    },
    server: {
      bind(accept, factory) {
        met = (there) => {
          there.handle = (first) => {
            const handler = factory(first, there);
            there.handle = (frame) => handler.handle(frame);
            void accept(first, there);
          };
        };
        const bound: Closeable = { close: () => (met = undefined), onClose: () => undefined };
        return Promise.resolve(bound);
      },
    },
  };
}
