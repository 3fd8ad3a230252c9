/** What a race is about: a call, and all that is to happen to it in whatever order. */

export type Model = 'response' | 'stream' | 'channel' | 'notify';

/** What one side says: numbers from 0, and how it ends. */
export interface Script {
  readonly items: number;
  readonly end: 'complete' | 'error' | 'never';
  /** Whether the items wait to be asked for. */
  readonly pulled: boolean;
}

export interface Plan {
  readonly model: Model;
  /** Which side calls. */
  readonly caller: 'client' | 'server';
  readonly answer: Script;
  /** A channel's request. */
  readonly request: Script;
  /** What each reader asks for, one after the other, before it asks for all. */
  readonly asks: readonly number[];
  /** Items that each side asks the other for to begin with. */
  readonly window: number;
  /** The caller leaves. */
  readonly cancel: boolean;
  /** A channel's handler leaves the request. */
  readonly leave: boolean;
  /** Who closes the connection, or that it is lost. */
  readonly close: 'client' | 'server' | 'cut' | undefined;
  /** For each time that the pipe is cut and resumed, how many bytes of a frame come through. */
  readonly cuts: readonly number[];
  /** Bytes on their way that make a writer wait. */
  readonly room: number;
}

/** What a call beside it gets. */
export const BESIDE = 4;

/** How often something was begun, and ended. */
export interface Spans {
  begun: number;
  ended: number;
}
