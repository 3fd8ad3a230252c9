/** What instances do when the application starts and ends: those first that others ask for, and last at the end. */
import { lastValueFrom } from 'rxjs';
import type { ObservableInput } from 'rxjs';
import { MeshError } from '../core/index.js';
import { observableOf } from '../demand/index.js';

/** Something to do at the start or the end; what it returns is awaited. */
export interface Hooks {
  onStart?(): ObservableInput<unknown> | void;
  onStop?(): ObservableInput<unknown> | void;
}

/** Starts each in turn, and tells which have started. Rejects with the first that fails, by its class. */
export async function startAll(hooks: readonly Hooks[], started: (hook: Hooks) => void): Promise<void> {
  for (const hook of hooks) {
    try {
      if (typeof hook.onStart === 'function') await done(hook.onStart());
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MeshError('Unavailable', `${hook.constructor.name} could not start: ${why}`, {
        cause,
        code: 'MILLRACE_START',
      });
    }
    started(hook);
  }
}

/** Ends each, the last started first, and tells of each; one that fails is told of and keeps nobody. */
export async function stopAll(
  hooks: readonly Hooks[],
  { begins, failed }: { begins(hook: string): void; failed(hook: string, error: unknown): void },
): Promise<void> {
  for (const hook of hooks.toReversed()) {
    begins(hook.constructor.name);
    try {
      if (typeof hook.onStop === 'function') await done(hook.onStop());
    } catch (error) {
      failed(hook.constructor.name, error);
    }
  }
}

async function done(result: ObservableInput<unknown> | void): Promise<void> {
  if (result === undefined || result === null) return;
  await lastValueFrom(observableOf(result), { defaultValue: undefined });
}
