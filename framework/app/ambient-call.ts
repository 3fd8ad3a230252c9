/** Node's way of keeping the ambient call: it follows an async function through its awaits. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Call, keepAmbient } from '../core/index.js';

const calls = new AsyncLocalStorage<Call<unknown> | undefined>();

/** Nothing is paid for it before the first async handler runs. */
export function keepAmbientCalls(): void {
  keepAmbient({ run: (call, work) => calls.run(call, work), current: () => calls.getStore() });
}
