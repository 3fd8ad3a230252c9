/** A message on its way, as a codec made it: what the layer of calls and the wires below it hand each other. */

/** Bytes, which may know a faster way to their text. A received RSocket payload is one. */
export interface Encoded {
  readonly data: Uint8Array;
  text?(): string;
}

/** A text that is turned into bytes where it is written, into the frame itself. */
export class TextMessage implements Encoded {
  readonly metadata: Uint8Array | undefined;
  private bytes: Uint8Array | undefined;

  constructor(
    readonly content: string,
    metadata?: Uint8Array,
  ) {
    this.metadata = metadata;
  }

  get data(): Uint8Array {
    return (this.bytes ??= encoder.encode(this.content));
  }

  text(): string {
    return this.content;
  }
}

const encoder = new TextEncoder();
