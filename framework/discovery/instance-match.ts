/** Instances by what they say of themselves. */
import type { Instance } from './instance.js';

/** Names and values that an instance must have: `id`, `app`, `host`, `zone`, `region`, or an entry of its metadata. */
export type InstanceMatch = Readonly<Record<string, string>>;

const FIELDS: ReadonlySet<string> = new Set(['id', 'app', 'host', 'zone', 'region']);

export function matches(instance: Instance, wanted: InstanceMatch): boolean {
  for (const name of Object.keys(wanted)) {
    const value = FIELDS.has(name)
      ? instance[name as 'id' | 'app' | 'host' | 'zone' | 'region']
      : Object.hasOwn(instance.metadata, name)
        ? instance.metadata[name]
        : undefined;
    if (value !== wanted[name]) return false;
  }
  return true;
}
