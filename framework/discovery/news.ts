/** What an operator wants to hear of peers and of the calls to them. */
import type { MeshError } from '../core/index.js';
import type { InstanceStatus } from './instance.js';

export type PeerNews =
  /** It can be called, for the first time or again. */
  | { readonly kind: 'up'; readonly peer: string; readonly again: boolean }
  /** It can't be called any more, or could not be reached in the first place. Told once until it is up again. */
  | { readonly kind: 'down'; readonly peer: string; readonly error: MeshError }
  /** A call that `peer` refused before it began goes to another. */
  | {
      readonly kind: 'elsewhere';
      readonly method: string;
      readonly peer: string;
      readonly to: string;
      readonly error: MeshError;
    }
  /** It failed at calls of a service while others didn't: it gets no more of them but for trials; until one succeeds. */
  | { readonly kind: 'ejected'; readonly service: string; readonly peer: string; readonly error: MeshError }
  | { readonly kind: 'readmitted'; readonly service: string; readonly peer: string }
  /** A registry has answered, or can't be asked any more; told when it has changed. */
  | {
      readonly kind: 'registry';
      readonly registry: string;
      readonly role: 'registration' | 'watch';
      readonly ok: boolean;
      readonly error: MeshError | undefined;
    }
  /** An operator has set the status of the application in the registry, or taken it back, which is UNKNOWN. */
  | { readonly kind: 'override'; readonly status: InstanceStatus }
  /** The file of `discovery.memory` can't be read or written. */
  | { readonly kind: 'memory'; readonly path: string; readonly error: unknown }
  /** Nobody serves a call at the moment: it waits, as long as patience lasts. */
  | { readonly kind: 'waits'; readonly method: string };

export type PeerListener = (news: PeerNews) => void;
