/** The four services of the stream, one above the other: what each is, how it flows, and buttons that end and start it. */
import { asMeshError } from 'millrace';
import { lastValueFrom } from 'rxjs';
import type { Process, ServiceName } from '../contracts.js';
import { atSupervisor } from './callers.js';
import { bytes, element, number, write } from './element.js';
import { HOPS, type Lane } from './flows.js';
import type { Notice } from './notice.js';
import { BOUND, Channel } from './water.js';

const ROLES: Readonly<Record<ServiceName, string>> = {
  catalogue: 'makes the items',
  ratings: 'adds a score',
  playback: 'adds how often it was played',
  home: 'answers the page',
};

const ACTIONS = { stop: 'Stop', kill: 'Kill', start: 'Start' } as const;
type Action = keyof typeof ACTIONS;

const TITLES: Readonly<Record<Action, string>> = {
  stop: 'in good order, by SIGTERM',
  kill: 'at once, by SIGKILL',
  start: 'as a new process',
};

export interface Hop {
  readonly channel: Channel;
  /** Shows how it flows; `itemBytes` is what an item is in JSON. */
  flow(lane: Lane, itemBytes: number): void;
  process(process: Process | undefined): void;
}

/** Puts a service of the stream into the list. */
export function addHop(list: HTMLElement, name: ServiceName, notice: Notice): Hop {
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
  const state = element('p', { class: 'state' });
  const actions = element('div', { class: 'actions', role: 'group', 'aria-label': `the process of ${name}` });
  const node = element(
    'div',
    { class: 'node' },
    dot,
    element('h3', {}, name),
    element('p', { class: 'role' }, ROLES[name]),
    state,
    actions,
  );
  const canvas = element('canvas', { 'aria-hidden': 'true' });
  const bound = element('small');
  const figures = figuresOf(['a second', 'made', 'waiting', 'credit'], { waiting: bound });
  const hop = element('li', { class: 'hop', 'data-hop': name }, node, canvas, figures.list);
  list.append(hop);

  let memory = '';
  let pid = '';
  let said: Process['state'] | 'unknown' = 'unknown';
  const tell = (): void => {
    dot.dataset['state'] = said;
    hop.dataset['state'] = said;
    write(state, said === 'running' ? [pid, memory].filter(Boolean).join(' · ') : said);
  };
  return {
    channel: new Channel(canvas, HOPS.indexOf(name) * 1.7),
    flow(lane, itemBytes) {
      memory = lane.live ? bytes(lane.memory) : '';
      hop.dataset['made'] = String(lane.made);
      hop.dataset['waiting'] = String(Math.round(lane.waiting));
      figures.show([number(lane.perSecond), number(lane.made), number(lane.waiting), number(lane.credit)]);
      write(bound, `of ${BOUND}, ${bytes(lane.waiting * itemBytes)}`);
      tell();
    },
    process(process) {
      said = process?.state ?? 'unknown';
      pid = process?.pid === undefined ? '' : `process ${process.pid}`;
      offer(actions, name, actionsOf(said), notice);
      tell();
    },
  };
}

/** Values under their names, changed in place. What comes in `beside` stands beside a value, by its name. */
export function figuresOf(
  names: readonly string[],
  beside: Readonly<Record<string, HTMLElement>> = {},
): { list: HTMLElement; show(values: readonly string[]): void } {
  const values = names.map(() => element('b', {}, '–'));
  const pairs = names.map((name, at) => {
    const parts = [values[at], beside[name]].filter((each) => each !== undefined);
    return element('div', {}, element('dt', {}, name), element('dd', {}, ...parts));
  });
  return {
    list: element('dl', { class: 'figures' }, ...pairs),
    show: (texts) => values.forEach((value, at) => write(value, texts[at] ?? '')),
  };
}

function actionsOf(state: Process['state'] | 'unknown'): readonly Action[] {
  if (state === 'running') return ['stop', 'kill'];
  if (state === 'stopped' || state === 'killed' || state === 'crashed') return ['start'];
  return state === 'stopping' ? ['kill'] : [];
}

/** Buttons are made anew only where there are others than before, so that the one that has the focus keeps it. */
function offer(place: HTMLElement, name: ServiceName, wanted: readonly Action[], notice: Notice): void {
  const key = wanted.join(' ');
  if (place.dataset['actions'] === key) return;
  const focused = place.contains(document.activeElement);
  place.dataset['actions'] = key;
  place.replaceChildren(...wanted.map((action) => button(action, name, notice)));
  const [first] = place.children;
  if (focused && first instanceof HTMLElement) first.focus();
}

function button(action: Action, name: ServiceName, notice: Notice): HTMLElement {
  const made = element(
    'button',
    { type: 'button', 'data-action': action, 'aria-label': `${ACTIONS[action]} ${name}`, title: TITLES[action] },
    ACTIONS[action],
  );
  made.addEventListener('click', () => {
    lastValueFrom(atSupervisor[action]({ name }), { defaultValue: undefined }).then(
      () => notice.show(undefined),
      (error: unknown) => notice.show(asMeshError(error), ''),
    );
  });
  return made;
}
