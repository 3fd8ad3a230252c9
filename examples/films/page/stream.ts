/** The stream's part of the page: it reads the feed at the slider's pace, and draws what each service does meanwhile. */
import { FEED_LENGTH, type FeedItem } from '../contracts.js';
import { Speed } from '../speed.js';
import { atHome, atSupervisor, READER } from './callers.js';
import { element, find, number, write } from './element.js';
import { Flows, HOPS, untilLook } from './flows.js';
import { addHop, figuresOf } from './hops.js';
import { keep, pause } from './keep.js';
import { Notice } from './notice.js';
import { Pace, PACES, paceText } from './pace.js';
import type { Colours } from './water.js';

/** Items after which the size of one is looked at. */
const SAMPLE = 97;

const pace = new Pace();
const flows = new Flows();
let shown = 0;
let reading = false;
let latest: FeedItem | undefined;
let itemBytes = 0;

/** Begins to read, to look and to draw. */
export function startStream(): void {
  startSlider();
  const processNotice = new Notice(find('process-notice', HTMLElement));
  const list = find('hops', HTMLElement);
  const hops = HOPS.map((name) => ({ name, ...addHop(list, name, processNotice) }));
  const reader = figuresOf(['a second', 'shown', 'on the way']);
  find('reader-figures', HTMLElement).replaceWith(reader.list);

  void read(new Notice(find('feed-notice', HTMLElement)));
  void hear();
  void keep({
    source: () => atSupervisor.processes(),
    use: (all) => hops.forEach((hop) => hop.process(all.find(({ name }) => name === hop.name))),
    fault(error) {
      processNotice.show(error, 'The supervisor is away: is npm start running?');
      if (error !== undefined) for (const hop of hops) hop.process(undefined);
    },
  });

  const speed = new Speed(0);
  const look = (): void => {
    const at = performance.timeOrigin + performance.now();
    flows.show(at, { made: shown, open: reading });
    speed.look(at, shown);
    const lanes = flows.lanes(at);
    lanes?.forEach((lane, index) => {
      hops[index]?.flow(lane, itemBytes);
      hops[index]?.channel.show(lane);
    });
    const onTheWay = lanes?.reduce((sum, { waiting }) => sum + waiting, 0) ?? 0;
    reader.show([number(speed.perSecond(at)), number(shown), number(onTheWay)]);
    reader.list.dataset['shown'] = String(shown);
    write(find('ticker', HTMLElement), tickerText());
    setTimeout(look, untilLook(performance.timeOrigin + performance.now()));
  };
  look();
  draw(hops.map(({ channel }) => channel));
}

/** What a program does to read at its own pace: it takes an item when it is ready for one. */
async function read(notice: Notice): Promise<void> {
  while (shown < FEED_LENGTH) {
    await keep({
      source: () => {
        reading = true;
        return atHome.feed({ reader: READER, from: shown });
      },
      use(item) {
        show(item);
        return pace.turn();
      },
      fault(error) {
        reading = error === undefined;
        notice.show(error, 'Trying again, from where it was.');
      },
    });
  }
}

function show(item: FeedItem): void {
  shown = item.n + 1;
  latest = item;
  if (itemBytes === 0 || shown % SAMPLE === 0) itemBytes = JSON.stringify(item).length;
}

function tickerText(): string {
  if (latest === undefined) return 'has shown nothing yet';
  const { n, text = latest.film.title, score, plays = 0 } = latest;
  const played = plays === 0 ? '' : `, played ${plays} ×`;
  return `№ ${number(n + 1)}  ${text}${score === undefined ? '' : `, ★ ${score.toFixed(1)}`}${played}`;
}

/** How the services flow; it also shows whether home is there. */
async function hear(): Promise<void> {
  const link = find('link', HTMLElement);
  await keep({
    source: () => atHome.flows({ reader: READER }),
    use: (flow) => flows.hear(flow),
    fault(error) {
      link.dataset['state'] = error === undefined ? 'there' : 'away';
      write(link, error === undefined ? 'connected to home' : 'home is away, trying again');
    },
  });
}

function startSlider(): void {
  const slider = find('pace', HTMLInputElement);
  const change = (): void => {
    pace.value = PACES[slider.valueAsNumber] ?? 0;
    const text = paceText(pace.value);
    write(find('pace-text', HTMLElement), text);
    slider.setAttribute('aria-valuetext', text);
    slider.style.setProperty('--at', `${(slider.valueAsNumber / (PACES.length - 1)) * 100}%`);
  };
  const ticks = [0, 1, 4, 7, 10, 13, 14].map((at) => {
    const value = PACES[at] ?? 0;
    const tick = element('button', { type: 'button', tabindex: '-1' }, tickText(value));
    tick.style.setProperty('--at', String(at / (PACES.length - 1)));
    tick.addEventListener('click', () => {
      slider.value = String(at);
      change();
    });
    return tick;
  });
  find('ticks', HTMLElement).append(...ticks);
  slider.addEventListener('input', change);
  change();
}

function tickText(pace: number): string {
  if (pace === Infinity) return 'max';
  return pace >= 1000 ? `${pace / 1000}k` : String(pace);
}

/** Draws the channels and turns the wheel, while they are seen; for who wants less motion, twice a second and without any. */
function draw(channels: readonly { draw(ms: number, colours: Colours, moving: boolean): void }[]): void {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const wheel = find('wheel', HTMLElement);
  let colours = coloursNow();
  dark.addEventListener('change', () => (colours = coloursNow()));
  let angle = 0;
  let before = performance.now();
  const frame = (now: number): void => {
    const ms = Math.min(100, now - before);
    before = now;
    for (const channel of channels) channel.draw(ms, colours, !still.matches);
    if (still.matches) return void pause(500).then(() => requestAnimationFrame(frame));
    angle += (Math.log10(1 + Math.min(pace.value, 1e5)) * 40 * ms) / 1000;
    wheel.style.transform = `rotate(${angle % 360}deg)`;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: colour('water-surface'),
    depth: colour('water-depth'),
    item: colour('water-item'),
    gate: colour('gate'),
    bound: colour('bound'),
    text: colour('quiet'),
  };
}
