/** Instances of a simulation: each keeps itself registered with one of several registries, and with another when that is gone. */
import { type Clock, type Instance, keyOf, type Stop } from 'millrace';
import type { RegistryStore } from '../../services/registry/store.js';
import { instance } from './instances.js';

/** A registry that can be reached. */
export interface Place {
  readonly name: string;
  readonly store: RegistryStore;
}

const RENEWAL = 5000;
/** Milliseconds in which an instance finds out that its registry is gone. */
const NOTICE = 1000;

interface Member {
  instance: Instance;
  /** The store it is registered in. */
  home: RegistryStore | undefined;
  state: 'lives' | 'cancelled' | 'dead';
  /** When it last said anything but that it lives. */
  said: number;
  next: Stop | undefined;
}

export class Crowd {
  registered = 0;
  cancelled = 0;
  private readonly members: Member[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly chance: () => number,
    private readonly places: () => readonly Place[],
  ) {}

  begin(count: number): void {
    for (let n = 0; n < count; n++) this.add();
  }

  /** Something happens, or nothing. */
  stir(): void {
    const dice = this.chance();
    const member = this.any();
    if (dice < 0.05) this.add();
    else if (member === undefined || dice > 0.3) return;
    else if (dice < 0.09) this.cancel(member);
    else if (dice < 0.1 && this.dead < 2) this.die(member);
    else if (dice < 0.2) this.change(member);
    else if (dice < 0.25) this.operate(member);
    else if (dice < 0.28) member.home?.annotate(keyOf(member.instance), { at: String(this.clock.now()) });
  }

  /** Keys of those that live, and have had nothing new to say for a while. */
  settled(): readonly string[] {
    const before = this.clock.now() - 8000;
    return this.members
      .filter(({ state, said, home }) => state === 'lives' && said < before && this.isThere(home))
      .map((member) => keyOf(member.instance));
  }

  /** What a registry should know, and doesn't, or the other way round, when all is quiet. */
  faultsOf(name: string, store: RegistryStore): string[] {
    const faults: string[] = [];
    for (const { instance: mine, state } of this.members) {
      const key = keyOf(mine);
      const entry = store.entry(key);
      if (state === 'lives' && entry === undefined) faults.push(`${name} has lost ${key}`);
      else if (state === 'lives' && entry?.suspect === true) faults.push(`${name} suspects ${key}`);
      else if (state === 'lives' && entry?.instance.dirty !== mine.dirty)
        faults.push(`${name} has an old ${key}: ${entry?.instance.dirty}, not ${mine.dirty}`);
      // A registry that dies before it could tell anybody of a cancellation leaves one that is dead.
      else if (state === 'cancelled' && entry !== undefined && !(store.isPreserving && entry.suspect))
        faults.push(`${name} still has ${key}, which was cancelled`);
      else if (state === 'dead' && entry !== undefined && !(store.isPreserving && entry.suspect))
        faults.push(`${name} still has ${key}, which is dead`);
    }
    return faults;
  }

  isCancelled(key: string): boolean {
    return this.members.some((member) => member.state === 'cancelled' && keyOf(member.instance) === key);
  }

  end(): void {
    for (const { next } of this.members) next?.();
  }

  private get dead(): number {
    return this.members.filter(({ state }) => state === 'dead').length;
  }

  private any(): Member | undefined {
    const living = this.members.filter(({ state, home }) => state === 'lives' && this.isThere(home));
    return living[Math.floor(this.chance() * living.length)];
  }

  private add(): void {
    const id = `i${this.members.length}`;
    const made = instance(id, { lease: { renewal: RENEWAL, duration: 20_000 }, dirty: Math.floor(this.clock.wall()) });
    const member: Member = { instance: made, home: undefined, state: 'lives', said: 0, next: undefined };
    this.members.push(member);
    this.register(member);
  }

  /** With any registry that can be reached; soon again where there is none. */
  private register(member: Member): void {
    const places = this.places();
    member.home = places[Math.floor(this.chance() * places.length)]?.store;
    member.said = this.clock.now();
    if (member.home !== undefined) {
      member.home.register(member.instance);
      this.registered += 1;
    }
    this.live(member);
  }

  private live(member: Member): void {
    member.next?.();
    let waited = 0;
    const look = (): void => {
      waited += NOTICE;
      if (!this.isThere(member.home)) return this.register(member);
      if (waited >= RENEWAL) {
        waited = 0;
        if (member.home?.renew(keyOf(member.instance)) === false) return this.register(member);
      }
      member.next = this.clock.after(NOTICE, look);
    };
    member.next = this.clock.after(NOTICE, look);
  }

  private cancel(member: Member): void {
    member.state = 'cancelled';
    member.next?.();
    this.cancelled += 1;
    member.home?.cancel(keyOf(member.instance));
  }

  /** It is killed: its registry sees its channel break. */
  private die(member: Member): void {
    member.state = 'dead';
    member.next?.();
    member.home?.cut(keyOf(member.instance));
  }

  /** It says something new of itself, to its registry or to another. */
  private change(member: Member): void {
    const dirty = Math.max(member.instance.dirty + 1, Math.floor(this.clock.wall()));
    member.instance = { ...member.instance, dirty, metadata: { at: String(dirty) } };
    if (this.chance() < 0.3) this.register(member);
    else {
      member.said = this.clock.now();
      member.home?.register(member.instance);
    }
  }

  private operate(member: Member): void {
    const status = this.chance() < 0.5 ? 'OUT_OF_SERVICE' : 'UNKNOWN';
    member.home?.override(keyOf(member.instance), status);
  }

  private isThere(home: RegistryStore | undefined): boolean {
    return this.places().some(({ store }) => store === home);
  }
}
