/** What happened in a simulation, line by line, and a hash of it all: two runs are the same if their hashes are. */

/** Keeps the last lines, and the fingerprint of all. */
export class TraceLog {
  private kept: string[] = [];
  private one = 0x811c9dc5;
  private other = 0x9747b28c;

  /** `now` is the time in milliseconds; `lines` bounds what is kept. */
  constructor(
    private readonly now: () => number,
    private readonly bound: number,
  ) {}

  add(what: string): void {
    const line = `${this.now().toFixed(3)} ${what}`;
    for (let at = 0; at < line.length; at++) {
      const unit = line.charCodeAt(at);
      this.one = Math.imul(this.one ^ unit, 0x01000193);
      this.other = Math.imul(this.other ^ unit, 0x5bd1e995) + 1;
    }
    this.kept.push(line);
    if (this.kept.length >= 2 * this.bound) this.kept = this.lines;
  }

  /** The last lines, oldest first. */
  get lines(): string[] {
    return this.bound === 0 ? [] : this.kept.slice(-this.bound);
  }

  /** 16 hexadecimal digits. */
  get fingerprint(): string {
    return hex(this.one) + hex(this.other);
  }
}

/** 8 hexadecimal digits that stand for bytes (FNV-1a). */
export function hashOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hex(hash);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
