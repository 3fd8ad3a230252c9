/** The timers of a virtual clock, the next to fall due on top. */

export interface Alarm {
  readonly at: number;
  /** Of two for the same time the one that was set first goes first. */
  readonly order: number;
  readonly work: () => void;
  /** Its place in the heap, -1 once it has left; kept by {@link Alarms}. */
  place: number;
}

/** A binary heap that an alarm can leave from any place: most timers are stopped long before they fall due. */
export class Alarms {
  private readonly heap: Alarm[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  /** The next to fall due; undefined where there is none. */
  get first(): Alarm | undefined {
    return this.heap[0];
  }

  add(at: number, work: () => void): Alarm {
    const alarm: Alarm = { at, order: this.order++, work, place: this.heap.length };
    this.heap.push(alarm);
    this.rise(alarm);
    return alarm;
  }

  /** Does nothing for one that has left. */
  remove(alarm: Alarm): void {
    const { place } = alarm;
    if (place < 0) return;
    alarm.place = -1;
    const last = this.heap.pop();
    if (last === undefined || last === alarm) return;
    this.put(last, place);
    this.rise(last);
    this.sink(last);
  }

  private rise(alarm: Alarm): void {
    while (alarm.place > 0) {
      const above = this.heap[(alarm.place - 1) >>> 1];
      if (above === undefined || !before(alarm, above)) return;
      this.swap(alarm, above);
    }
  }

  private sink(alarm: Alarm): void {
    for (;;) {
      const left = this.heap[alarm.place * 2 + 1];
      const right = this.heap[alarm.place * 2 + 2];
      if (left === undefined) return;
      const below = right !== undefined && before(right, left) ? right : left;
      if (!before(below, alarm)) return;
      this.swap(below, alarm);
    }
  }

  private swap(lower: Alarm, upper: Alarm): void {
    const place = upper.place;
    this.put(upper, lower.place);
    this.put(lower, place);
  }

  private put(alarm: Alarm, place: number): void {
    this.heap[place] = alarm;
    alarm.place = place;
  }
}

function before(one: Alarm, other: Alarm): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
