/** What a caller is told when a policy refuses: before a handler, or in the pipe of one that has begun to work. */
import { expect } from 'chai';
import { firstValueFrom, NEVER, type Observable } from 'rxjs';
import {
  asMeshError,
  bulkhead,
  contract,
  type Handlers,
  mesh,
  type MeshError,
  meshError,
  response,
  serves,
  timeout,
  unchecked,
  use,
} from 'millrace';

const Orders = contract('orders', {
  before: response(unchecked<string>(), unchecked<string>()),
  within: response(unchecked<string>(), unchecked<string>()),
  late: response(unchecked<string>(), unchecked<string>()),
  itself: response(unchecked<string>(), unchecked<string>()),
});

const silent: Observable<string> = NEVER;
const places = bulkhead({ maxConcurrent: 1 });

@serves(Orders)
class OrderService implements Handlers<typeof Orders> {
  readonly stored: string[] = [];

  @use(bulkhead({ maxConcurrent: 1 }))
  before() {
    return silent;
  }

  within(order: string) {
    this.stored.push(order);
    return silent.pipe(places);
  }

  late(order: string) {
    this.stored.push(order);
    return silent.pipe(timeout(1));
  }

  itself(): Promise<string> {
    throw meshError('Rejected', 'closed today');
  }
}

describe('a refusal', () => {
  async function refused(method: keyof typeof Orders.methods, calls: number): Promise<MeshError> {
    const app = await mesh(OrderService).configure({ 'log.level': 'silent', 'app.grace': 0 }).start();
    try {
      const orders = app.client(Orders);
      for (let at = 1; at < calls; at++) orders[method]('first').subscribe({ error: () => undefined });
      return await firstValueFrom(orders[method]('second')).then(
        () => expect.fail('it was answered'),
        (error: unknown) => asMeshError(error),
      );
    } finally {
      await app.stop();
    }
  }

  it('before a handler, or by one, may be taken elsewhere: nothing has begun', async () => {
    expect(await refused('before', 2)).to.include({ code: 'MILLRACE_BULKHEAD', retry: 'elsewhere' });
    expect(await refused('itself', 1)).to.include({ tag: 'Rejected', retry: 'elsewhere' });
  });

  it('in the pipe of a handler may not: it has begun to work', async () => {
    expect(await refused('within', 2)).to.include({ code: 'MILLRACE_BULKHEAD', retry: 'never' });
    expect(await refused('late', 1)).to.include({ code: 'MILLRACE_TIMEOUT', retry: 'never' });
  });
});
