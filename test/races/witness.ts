/** A reader that asks for so many items as it is told, and says whatever comes that may not. */
import { GateSink, type MeshError } from 'millrace';
import { type Payload, text } from 'millrace/rsocket';
import type { Observable } from 'rxjs';

export class Witness {
  readonly items: number[] = [];
  /** How it ended: the tag of an error, or that it completed; undefined while it hasn't. */
  end: string | undefined;
  left = false;
  private asked = 0;
  private readonly sink: GateSink<Payload>;

  /** `faults` is told of what comes in vain. */
  constructor(
    private readonly who: string,
    private readonly faults: string[],
  ) {
    this.sink = new GateSink<Payload>({
      next: (item) => {
        this.sees('an item');
        this.items.push(Number(text(item)));
        if (this.items.length > this.asked) this.faults.push(`${who} got ${this.items.length} of ${this.asked} items`);
      },
      error: (error) => this.ends((error as MeshError).tag),
      complete: () => this.ends('complete'),
    });
  }

  get over(): boolean {
    return this.left || this.end !== undefined;
  }

  read(source: Observable<Payload>): void {
    source.subscribe(this.sink);
  }

  ask(n: number): void {
    this.asked += n;
    this.sink.request(n);
  }

  leave(): void {
    if (this.end === undefined) this.left = true;
    this.sink.unsubscribe();
  }

  private ends(how: string): void {
    this.sees(how);
    this.end = how;
  }

  private sees(what: string): void {
    if (this.left) this.faults.push(`${this.who} got ${what} after it had left`);
    if (this.end !== undefined) this.faults.push(`${this.who} got ${what} after ${this.end}`);
  }
}
