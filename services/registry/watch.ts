/** What somebody hears of a registry: everything first, then what changes, merged for as long as they have no time to listen. */
import type { Subscription } from 'rxjs';
import {
  type Changes,
  type Clock,
  type Interest,
  NOTHING,
  pull,
  type Pulled,
  type Supply,
  type Valve,
} from '../../framework/index.js';
import { PAGE, type Settings, TICK } from './settings.js';
import type { RegistryStore } from './store.js';
import { type Difference, View } from './view.js';

export class Watch {
  /** One for each interest that somebody has at present. */
  private readonly views = new Map<string, View>();
  private readonly valves = new Set<Valve>();
  private readonly watching: Subscription;

  constructor(
    private readonly store: RegistryStore,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {
    this.watching = store.changes.subscribe({
      next: (change) => {
        for (const view of this.views.values()) view.changed(change);
      },
      complete: () => {
        for (const valve of [...this.valves]) valve.complete();
      },
    });
  }

  /** Interests that somebody has. */
  get size(): number {
    return this.views.size;
  }

  /**
   * Changes for as long as they are read; a reader that is slow is told once of all that changed meanwhile. Those of one tick are told
   * together, and what is much in pages, of which all but the last say that there are `more`.
   */
  changes(interest: Interest): Pulled<Changes> {
    return pull<Changes>((valve) => this.read(interest, valve), { clock: this.clock });
  }

  close(): void {
    this.watching.unsubscribe();
    for (const view of this.views.values()) view.close();
  }

  private read(interest: Interest, valve: Valve): Supply<Changes> {
    const { since } = interest;
    const name = nameOf(interest);
    const view = this.viewOf(name, interest);
    const wake = (): void => valve.ready();
    view.readers.add(wake);
    this.valves.add(valve);
    const { epoch } = this.store;
    let version = since?.epoch === epoch && view.knows(since.version) ? since.version : 0;
    let pages: Iterator<Changes, undefined> | undefined;
    let told = false;
    const next = (): Difference | undefined => {
      if (told && view.stirred <= version) return undefined;
      const difference = version > 0 && view.knows(version) ? view.since(version) : view.all();
      ({ version } = difference);
      const news = !told || difference.from === 0 || difference.put.length > 0 || difference.gone.length > 0;
      told = true;
      return news ? difference : undefined;
    };
    return {
      take: () => {
        let page = pages?.next().value;
        if (page === undefined) {
          const difference = next();
          if (difference === undefined) return NOTHING;
          pages = pagesOf(difference, epoch, this.settings(PAGE));
          page = pages.next().value;
        }
        return page ?? NOTHING;
      },
      close: () => {
        view.readers.delete(wake);
        this.valves.delete(valve);
        if (view.readers.size > 0) return;
        view.close();
        this.views.delete(name);
      },
    };
  }

  private viewOf(name: string, interest: Interest): View {
    const known = this.views.get(name);
    if (known !== undefined) return known;
    const view = new View(this.store, interest, this.clock, () => this.settings(TICK));
    this.views.set(name, view);
    return view;
  }
}

/** One name for interests that mean the same. */
function nameOf({ apps, services, vips, regions }: Interest): string {
  const sorted = [apps?.map((app) => app.toUpperCase()), services, vips, regions].map((list) =>
    list === undefined ? null : [...new Set(list)].sort(),
  );
  return JSON.stringify(sorted);
}

function* pagesOf(
  { from, version, hash, put, gone }: Difference,
  epoch: string,
  size: number,
): Generator<Changes, undefined> {
  const pages = Math.max(1, Math.ceil(Math.max(put.length, gone.length) / size));
  for (let at = 0; at < pages; at++) {
    const [start, end] = [at * size, (at + 1) * size];
    const page = { epoch, from, version, hash, put: put.slice(start, end), gone: gone.slice(start, end) };
    yield at + 1 < pages ? { ...page, more: true } : page;
  }
  return undefined;
}
