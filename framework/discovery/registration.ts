/** An application as a registry knows it, for as long as it runs. */
import { Observable, type Subscriber, Subscription } from 'rxjs';
import { asMeshError, type Stop } from '../core/index.js';
import type { DiscoveryTerms } from './addresses.js';
import { type Instance, type InstanceStatus } from './instance.js';
import { RegistryLoop } from './registry-loop.js';
import type { LeaseTerms, Registration as Message } from './registry-messages.js';

/**
 * Registers at one registry, renews there, and says what changes; when that registry is lost, at the next. When `self` completes it
 * takes the instance out, and completes once the registry knows, or can't be told.
 */
export class Registration extends Subscription {
  private readonly loop: RegistryLoop<LeaseTerms>;
  private instance: Instance | undefined;
  private say: Subscriber<Message> | undefined;
  private renewing: Stop | undefined;
  private interval: number | undefined;
  private override: InstanceStatus = 'UNKNOWN';
  private leaving = false;

  constructor(
    places: readonly string[],
    self: Observable<Instance>,
    private readonly terms: DiscoveryTerms,
    private readonly to: Subscriber<never>,
  ) {
    super();
    this.loop = new RegistryLoop<LeaseTerms>(
      places,
      terms,
      {
        role: 'registration',
        ask: (client) => client.register(new Observable<Message>((say) => this.speak(say))),
        next: (lease) => {
          this.heard(lease);
          return undefined;
        },
        lost: () => this.lost(),
      },
      'latest',
    );
    this.add(this.loop);
    this.add(() => this.renewing?.());
    to.add(this);
    this.add(
      self.subscribe({
        next: (instance) => this.changed(instance),
        error: (error) => to.error(asMeshError(error)),
        complete: () => this.leave(),
      }),
    );
  }

  private changed(instance: Instance): void {
    const begun = this.instance !== undefined;
    this.instance = instance;
    if (begun) this.say?.next({ instance });
    else this.loop.again();
  }

  /** The first message names the instance. */
  private speak(say: Subscriber<Message>): void {
    this.say = say;
    say.add(() => {
      if (this.say === say) this.say = undefined;
    });
    const { instance } = this;
    if (instance === undefined) return;
    say.next({ instance });
    this.interval = undefined;
    this.renewEvery(instance.lease.renewal);
  }

  private heard({ renewal, override }: LeaseTerms): void {
    this.renewEvery(renewal);
    if (override === this.override) return;
    this.override = override;
    this.terms.tell?.({ kind: 'override', status: override });
  }

  private renewEvery(ms: number): void {
    if (this.interval === ms) return;
    this.interval = ms;
    this.renewing?.();
    this.renewing = this.terms.clock.every(ms, () => this.say?.next({}));
  }

  /** While it leaves there is no other registry to leave: the one that was lost knows by the channel's end. */
  private lost(): void {
    this.renewing?.();
    this.renewing = undefined;
    this.interval = undefined;
    if (this.leaving) this.to.complete();
  }

  private leave(): void {
    this.leaving = true;
    this.renewing?.();
    if (this.say === undefined) this.to.complete();
    else this.say.complete();
  }
}
