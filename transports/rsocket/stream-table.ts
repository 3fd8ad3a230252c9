/** The open streams of a connection, by id, and the next id of this side's. */
import type { StreamState } from './stream.js';

const LAST_ID = 0x7fffffff;

export class StreamTable {
  /** Requests of the peer that are open. */
  peers = 0;
  private readonly streams = new Map<number, StreamState>();
  private readonly first: number;
  private next: number;
  private wrapped = false;

  /** A client's ids are odd, a server's even. */
  constructor(role: 'client' | 'server') {
    this.next = this.first = role === 'client' ? 1 : 2;
  }

  get size(): number {
    return this.streams.size;
  }

  get(id: number): StreamState | undefined {
    return this.streams.get(id);
  }

  /** Whether the peer may use `id` for a request. */
  isPeers(id: number): boolean {
    return id > 0 && (id & 1) !== (this.first & 1);
  }

  /** Gives a stream of this side's an id; those that have ended may be used again. */
  open(stream: StreamState): number {
    let id = this.next;
    if (this.wrapped) while (this.streams.has(id)) id = this.after(id);
    this.next = this.after(id);
    this.streams.set(id, stream);
    return id;
  }

  /** Puts in a stream of the peer's, or another state of one. */
  adopt(id: number, stream: StreamState): void {
    if (!this.streams.has(id)) this.peers += 1;
    this.streams.set(id, stream);
  }

  /** False if there was none. */
  forget(id: number): boolean {
    if (!this.streams.delete(id)) return false;
    if (this.isPeers(id)) this.peers -= 1;
    return true;
  }

  /** Takes all out. */
  empty(): StreamState[] {
    const all = [...this.streams.values()];
    this.streams.clear();
    this.peers = 0;
    return all;
  }

  private after(id: number): number {
    if (id + 2 <= LAST_ID) return id + 2;
    this.wrapped = true;
    return this.first;
  }
}
