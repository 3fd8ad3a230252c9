/** The other registries, by the wires of the application that this one runs in. */
import { Observable, of } from 'rxjs';
import {
  clientOf,
  type Discovery,
  type DiscoveryTerms,
  GateSink,
  type Instance,
  meshError,
} from '../../framework/index.js';
import type { PeerLink } from './peer-link.js';
import { RegistryPeers } from './peers-contract.js';

/**
 * Addresses of registries, to be given to the application with `in`: it finds nobody by them, but connects to them. This registry's own
 * may be among them.
 * @example
 * const others = new PeerRegistries(['tcp://127.0.0.1:7071', 'tcp://127.0.0.1:7072']);
 * mesh().in(others).serve(RegistryPeers, () => new Replication({ store, links: others.links, clock, settings }).service)
 */
export class PeerRegistries implements Discovery {
  readonly name = 'other registries';
  readonly wires = [];
  private terms: DiscoveryTerms | undefined;

  constructor(private readonly addresses: readonly string[]) {}

  instances(terms: DiscoveryTerms): Observable<readonly Instance[]> {
    this.terms = terms;
    return of([]);
  }

  /** Throws Invalid before the application is made, and for an address that none of its wires reaches. */
  get links(): readonly PeerLink[] {
    const { terms } = this;
    if (terms === undefined)
      throw meshError('Invalid', 'other registries are reached by an application: give them to .in(…)');
    return this.addresses.map((address) => linkTo(address, terms));
  }
}

function linkTo(address: string, terms: DiscoveryTerms): PeerLink {
  const client = clientOf(RegistryPeers, terms.endpoint(address), { clock: terms.clock });
  return {
    name: address,
    push: (batch) => client.push(batch),
    sums: () => client.sums(undefined),
    pull: (wanted) => readAsItComes(client.pull(wanted)),
    // The connection is the application's, and closes with it.
    close: () => undefined,
  };
}

/** What is read takes no time: each page is asked for as soon as the last is there. */
function readAsItComes<T>(pages: Observable<T>): Observable<T> {
  return new Observable<T>((to) => {
    const sink = new GateSink<T>({
      next: (page) => to.next(page),
      error: (error) => to.error(error),
      complete: () => to.complete(),
    });
    to.add(sink);
    pages.subscribe(sink);
    sink.request(Infinity);
  });
}
