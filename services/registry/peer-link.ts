/** The way to another registry. */
import type { Observable } from 'rxjs';
import type { Batch, Page, Pushed, Sums, Wanted } from './peer-messages.js';

/** Calls that are made when they are subscribed to, and may fail in any way or never end. */
export interface PeerLink {
  /** For logs: its address. */
  readonly name: string;
  push(batch: Batch): Observable<Pushed>;
  sums(): Observable<Sums>;
  /** One page at least. */
  pull(wanted: Wanted): Observable<Page>;
  /** Gives the connection up. */
  close(): void;
}

/** What happened between registries, for logs. */
export type PeerNews =
  | { readonly kind: 'peer-up'; readonly peer: string }
  | { readonly kind: 'peer-down'; readonly peer: string; readonly reason: string }
  /** More had changed than the queue holds: everything is told anew. */
  | { readonly kind: 'peer-behind'; readonly peer: string }
  /** What another told of so many instances was not taken; why of the first. */
  | { readonly kind: 'peer-refused'; readonly peer: string; readonly reason: string; readonly count: number }
  /** The registry serves from now on, with what `peer` knew; or without, as there is none, or none was reached in time. */
  | { readonly kind: 'ready'; readonly peer: string | undefined; readonly known: number };

export type TellPeerNews = (news: PeerNews) => void;
