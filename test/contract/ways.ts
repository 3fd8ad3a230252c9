/** The ways to call a contract: each test of what a call promises runs by all of them. */
import {
  answering,
  type Client,
  clientOf,
  type Contract,
  type Failures,
  type Handlers,
  mesh,
  type Methods,
} from 'millrace';
import { type CommonOptions, connect, listen, memory, tcp, websocket } from 'millrace/rsocket';
import { lastValueFrom } from 'rxjs';

export interface Called<C> {
  readonly client: Client<C>;
  close(): Promise<void>;
}

/** `limits` are those of both sides of the wire, if there is one. */
type Way = <M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
  limits?: CommonOptions['limits'],
) => Promise<Called<Contract<M, F>>>;

async function overWire<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
  kind: 'memory' | 'tcp' | 'websocket',
  limits: CommonOptions['limits'] = {},
): Promise<Called<Contract<M, F>>> {
  const place = kind === 'memory' ? memory() : kind === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
  const server = await listen(place, answering(contract, handlers), { grace: '100 ms', limits });
  const { port } = server.address;
  const target = kind === 'memory' ? place : kind === 'tcp' ? tcp({ port }) : websocket({ port });
  const connection = await connect(target, { limits });
  const close = async (): Promise<void> => {
    await lastValueFrom(server.close(), { defaultValue: undefined });
  };
  return { client: clientOf(contract, connection), close };
}

export const ways: Readonly<Record<string, Way>> = {
  'within the process': async (contract, handlers) => {
    const app = await mesh()
      .serve(contract, handlers)
      .configure({ 'log.level': 'silent', 'call.deadline': '1 h', 'app.grace': '100 ms' })
      .start();
    return { client: app.client(contract), close: () => app.stop() };
  },
  'over memory': (contract, handlers, limits) => overWire(contract, handlers, 'memory', limits),
  'over TCP': (contract, handlers, limits) => overWire(contract, handlers, 'tcp', limits),
  'over WebSocket': (contract, handlers, limits) => overWire(contract, handlers, 'websocket', limits),
};
