/** What every application says of itself to those who call it: the `millrace` service. */
import { contract, type ContractDescription, nothing, response, stream, unchecked } from '../contract/index.js';

/** How an application is at this moment. */
export interface Status {
  /** Whether it wants calls: false while it starts and once it has begun to stop. */
  readonly ready: boolean;
  readonly state: 'starting' | 'ready' | 'stopping' | 'stopped';
  /** Names of the contracts that it serves. */
  readonly services: readonly string[];
  /** What its parts say of their health. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly why?: string }>>;
}

/** An application as it really is. */
export interface AppDescription {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly contracts: readonly ContractDescription[];
  /** What calls pass, outermost first: those that are `served`, those that are `called`, and by route what stands before one method. */
  readonly stacks: Readonly<Record<string, readonly string[]>>;
  /** Who calls whom: contracts that the application's services call. */
  readonly calls: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Served beside an application's own contracts. */
export const Platform = contract('millrace', {
  status: stream(nothing, unchecked<Status>(), {
    about: 'How the application is: now, and each time it changes.',
    overflow: 'latest',
  }),
  describe: response(nothing, unchecked<AppDescription>(), {
    about: 'Contracts, schemas and stacks of the application.',
  }),
});
