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
import { connect, listen, memory, tcp, websocket } from 'millrace/rsocket';
import { lastValueFrom } from 'rxjs';

export interface Called<C> {
  readonly client: Client<C>;
  close(): Promise<void>;
}

type Way = <M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
) => Promise<Called<Contract<M, F>>>;

async function overWire<M extends Methods, F extends Failures>(
  contract: Contract<M, F>,
  handlers: Handlers<Contract<M, F>>,
  kind: 'memory' | 'tcp' | 'websocket',
): Promise<Called<Contract<M, F>>> {
  const place = kind === 'memory' ? memory() : kind === 'tcp' ? tcp({ port: 0 }) : websocket({ port: 0 });
  const server = await listen(place, answering(contract, handlers), { grace: '100 ms' });
  const { port } = server.address;
  const connection = await connect(kind === 'memory' ? place : kind === 'tcp' ? tcp({ port }) : websocket({ port }));
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
  'over memory': (contract, handlers) => overWire(contract, handlers, 'memory'),
  'over TCP': (contract, handlers) => overWire(contract, handlers, 'tcp'),
  'over WebSocket': (contract, handlers) => overWire(contract, handlers, 'websocket'),
};
