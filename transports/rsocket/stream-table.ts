/** The open streams of a connection, by id, and the next id of this side's. */
import type { StreamState } from './stream.js';

const LAST_ID = 0x7fffffff;
/** Slots to begin with; a power of two. */
const LEAST = 64;

/**
 * Ids come one after the other, so nearly every stream has the slot of its id's low bits to itself; one whose slot a longer-lived
 * stream holds goes into a map. That is a tenth of the price of a map for all.
 */
export class StreamTable {
  /** Requests of the peer that are open. */
  peers = 0;
  size = 0;
  private slots: (StreamState | undefined)[] = emptySlots(LEAST);
  private ids = new Int32Array(LEAST);
  private readonly crowded = new Map<number, StreamState>();
  private readonly first: number;
  private next: number;
  private wrapped = false;

  /** A client's ids are odd, a server's even. */
  constructor(role: 'client' | 'server') {
    this.next = this.first = role === 'client' ? 1 : 2;
  }

  get(id: number): StreamState | undefined {
    const at = (id >>> 1) & (this.ids.length - 1);
    if (this.ids[at] === id) return this.slots[at];
    return this.crowded.size === 0 ? undefined : this.crowded.get(id);
  }

  /** Whether the peer may use `id` for a request. */
  isPeers(id: number): boolean {
    return id > 0 && (id & 1) !== (this.first & 1);
  }

  /** Gives a stream of this side's an id; those that have ended may be used again. */
  open(stream: StreamState): number {
    let id = this.next;
    if (this.wrapped) while (this.get(id) !== undefined) id = this.after(id);
    this.next = this.after(id);
    this.put(id, stream);
    return id;
  }

  /** Puts in a stream of the peer's, or another state of one. */
  adopt(id: number, stream: StreamState): void {
    const before = this.size;
    this.put(id, stream);
    this.peers += this.size - before;
  }

  /** False if there was none. */
  forget(id: number): boolean {
    const at = (id >>> 1) & (this.ids.length - 1);
    if (this.ids[at] === id) {
      this.ids[at] = 0;
      this.slots[at] = undefined;
    } else if (!this.crowded.delete(id)) return false;
    this.size -= 1;
    if (this.isPeers(id)) this.peers -= 1;
    return true;
  }

  /** Those that the peer has asked for. */
  answered(): StreamState[] {
    const peers = this.slots.filter((_, at) => this.isPeers(this.ids[at] ?? 0));
    for (const [id, stream] of this.crowded) if (this.isPeers(id)) peers.push(stream);
    return peers.filter((stream) => stream !== undefined);
  }

  /** Takes all out. */
  empty(): StreamState[] {
    const all = [...this.slots.filter((stream) => stream !== undefined), ...this.crowded.values()];
    this.slots = emptySlots(LEAST);
    this.ids = new Int32Array(LEAST);
    this.crowded.clear();
    this.size = this.peers = 0;
    return all;
  }

  private put(id: number, stream: StreamState): void {
    const at = (id >>> 1) & (this.ids.length - 1);
    const there = this.ids[at];
    if (there === id || (there === 0 && (this.crowded.size === 0 || !this.crowded.has(id)))) {
      this.size += there === id ? 0 : 1;
      this.ids[at] = id;
      this.slots[at] = stream;
      return;
    }
    if (!this.crowded.has(id)) this.size += 1;
    this.crowded.set(id, stream);
    if (this.size * 2 > this.ids.length) this.grow();
  }

  private grow(): void {
    const { ids, slots } = this;
    const crowded = [...this.crowded];
    this.ids = new Int32Array(ids.length * 2);
    this.slots = emptySlots(ids.length * 2);
    this.crowded.clear();
    this.size = 0;
    ids.forEach((id, at) => {
      const stream = slots[at];
      if (stream !== undefined) this.put(id, stream);
    });
    for (const [id, stream] of crowded) this.put(id, stream);
  }

  private after(id: number): number {
    if (id + 2 <= LAST_ID) return id + 2;
    this.wrapped = true;
    return this.first;
  }
}

function emptySlots(length: number): (StreamState | undefined)[] {
  return Array.from({ length }, () => undefined);
}
