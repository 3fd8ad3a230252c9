/** Several registries that know the same: one at a time is asked, and the next when it can't be. */
import { Subscription, type Observable } from 'rxjs';
import { type Client, clientOf } from '../contract/index.js';
import { asMeshError, GateSink, type MeshError, type Overflow, type Stop } from '../core/index.js';
import type { DiscoveryTerms } from './addresses.js';
import { Registry } from './registry-contract.js';

/** Milliseconds before all are tried again, at first and at most; each pause is one by chance up to that. */
const PAUSE = 500;
const PAUSE_MOST = 10_000;

export interface RegistryTask<T> {
  /** For whoever hears of it. */
  readonly role: 'registration' | 'watch';
  /** Asks one of the registries. */
  ask(client: Client<typeof Registry>): Observable<T>;
  /** An answer. What it returns says why the registry is left that gave it. */
  next(value: T): MeshError | undefined;
  /** The registry can't be asked any more; another will be. */
  lost?(): void;
}

/** Keeps a task going at one of the registries, from one to the next, until it is unsubscribed. */
export class RegistryLoop<T> extends Subscription {
  private at: number;
  private failures = 0;
  private asked = new Subscription();
  private wait: Stop | undefined;
  /** Whether it goes well, as far as has been told. */
  private well: boolean | undefined;

  constructor(
    private readonly places: readonly string[],
    private readonly terms: DiscoveryTerms,
    private readonly task: RegistryTask<T>,
    private readonly overflow: Overflow,
  ) {
    super();
    this.at = Math.floor(terms.clock.random() * places.length);
    this.add(() => {
      this.wait?.();
      this.asked.unsubscribe();
    });
  }

  /** Asks, or asks anew. */
  again(): void {
    if (this.closed) return;
    this.wait?.();
    this.asked.unsubscribe();
    const place = this.places[this.at] ?? '';
    const sink = new GateSink<T>(
      {
        next: (value) => {
          const fault = this.task.next(value);
          if (fault !== undefined) {
            sink.unsubscribe();
            return this.lost(place, fault);
          }
          this.failures = 0;
          this.tell(place, true);
        },
        error: (error) => this.lost(place, error),
        complete: () => this.lost(place, undefined),
      },
      undefined,
      this.overflow,
    );
    this.asked = sink;
    const client = clientOf(Registry, this.terms.endpoint(place), { clock: this.terms.clock });
    this.task.ask(client).subscribe(sink);
    sink.request(Infinity);
  }

  private lost(place: string, error: unknown): void {
    if (this.closed) return;
    this.task.lost?.();
    if (this.closed) return;
    this.tell(place, false, error);
    const { clock } = this.terms;
    this.at = (this.at + 1) % this.places.length;
    this.failures += 1;
    const round = Math.floor((this.failures - 1) / this.places.length);
    // The first loss after it went well is followed at once, but for some chance, lest all come back in one moment.
    const longest = Math.min(PAUSE_MOST, PAUSE * 2 ** Math.min(round, 16));
    this.wait = clock.after(clock.random() * longest, () => this.again());
  }

  private tell(registry: string, well: boolean, cause?: unknown): void {
    if (this.well === well) return;
    this.well = well;
    const error = cause === undefined ? undefined : asMeshError(cause);
    this.terms.tell?.({ kind: 'registry', registry, role: this.task.role, ok: well, error });
  }
}
