/** What the services and their supervisor are asked, and what they answer. The page imports it as well. */
import { channel, contract, declared, notify, nothing, response, stream } from 'millrace';
import { z } from 'zod';

const id = z.string().max(20);

export const Film = z.object({
  id,
  title: z.string(),
  year: z.number().optional(),
  genre: z.string().optional(),
  director: z.string().optional(),
});
export type Film = z.infer<typeof Film>;

const Query = z.object({ text: z.string().max(100) });
export type Query = z.infer<typeof Query>;

const FilmId = z.object({ id });
export type FilmId = z.infer<typeof FilmId>;

/** Items of the long feed are numbered from 0 up to this, 10,000,000. */
export const FEED_LENGTH = 10_000_000;

const Range = z.object({
  /** Who reads, so that flows can be told apart. */
  reader: z.string().max(40),
  /** The first item's number. */
  from: z.number().int().min(0).max(FEED_LENGTH),
});
export type Range = z.infer<typeof Range>;

/** An item of the feed. Each service that passes it on adds something. */
export const FeedItem = z.object({
  n: z.number(),
  film: Film,
  score: z.number().optional(),
  plays: z.number().optional(),
  text: z.string().optional(),
});
export type FeedItem = z.infer<typeof FeedItem>;

const Reader = z.object({ reader: z.string().max(40) });
export type Reader = z.infer<typeof Reader>;

/** What one service has passed on to one reader. */
export const Flow = z.object({
  hop: z.string(),
  /** When it was looked at: milliseconds since 1970. All services look at the same moments. */
  at: z.number(),
  /** Number of the next item that it will pass on: so many it has made, counted from the first of the feed. */
  made: z.number(),
  perSecond: z.number(),
  /** Items that it may pass on before it is asked for more. */
  credit: z.number(),
  /** Whether the reader is there. */
  open: z.boolean(),
  /** Bytes that the process has in memory. */
  memory: z.number(),
});
export type Flow = z.infer<typeof Flow>;

const feed = stream(Range, FeedItem, { about: 'Films over and over, numbered, made as they are wanted.' });
const flow = stream(Reader, Flow, { about: 'How the feed of a reader flows, ten times a second.', overflow: 'latest' });

export const Catalogue = contract(
  'catalogue',
  {
    search: stream(Query, Film, { about: 'Films with all the words in their titles, well-known ones first.' }),
    film: response(FilmId, Film, { idempotent: true }),
    feed,
    flow,
  },
  { failures: { NoSuchFilm: declared(FilmId, { httpStatus: 404 }) } },
);

const Rating = z.object({ id, stars: z.number().int().min(1).max(5) });
export type Rating = z.infer<typeof Rating>;

/** From 1 to 5; none where nobody has rated the film. `votes` are those given here. */
export const Score = z.object({ id, score: z.number().optional(), votes: z.number() });
export type Score = z.infer<typeof Score>;

export const Ratings = contract('ratings', {
  score: response(FilmId, Score, { idempotent: true }),
  rate: channel(Rating, Score, { about: 'Stars one way, the scores that they make the other.' }),
  feed,
  flow,
});

const Play = z.object({ id, title: z.string().max(200) });
export type Play = z.infer<typeof Play>;

const Trend = Play.extend({ plays: z.number() });
export type Trend = z.infer<typeof Trend>;

const trending = stream(nothing, z.array(Trend), {
  about: 'What is played most, whenever it changes.',
  overflow: 'latest',
});

export const Playback = contract('playback', {
  played: notify(Play, { about: 'Somebody plays a film.' }),
  trending,
  feed,
  flow,
});

/** A film with its score. */
export const Found = Film.extend({ score: z.number().optional(), votes: z.number() });
export type Found = z.infer<typeof Found>;

export const Home = contract('home', {
  search: stream(Query, Found, { about: 'Films as the catalogue finds them, with their scores.' }),
  rate: channel(Rating, Score),
  played: notify(Play),
  trending,
  feed,
  flows: stream(Reader, Flow, { about: 'The flows of all four services.', overflow: { dropOldest: 64 } }),
});

export const SERVICES = ['catalogue', 'ratings', 'playback', 'home'] as const;
export const ServiceName = z.enum(SERVICES);
export type ServiceName = z.infer<typeof ServiceName>;

export const Process = z.object({
  name: ServiceName,
  state: z.enum(['starting', 'running', 'stopping', 'stopped', 'killed', 'crashed']),
  address: z.string(),
  pid: z.number().optional(),
});
export type Process = z.infer<typeof Process>;

const Which = z.object({ name: ServiceName });
export type Which = z.infer<typeof Which>;

/** Whoever starts the four services, each in a process of its own, and ends them. */
export const Supervisor = contract('supervisor', {
  processes: stream(nothing, z.array(Process), { overflow: 'latest' }),
  start: response(Which, nothing),
  stop: response(Which, nothing, { about: 'In good order, by SIGTERM.' }),
  kill: response(Which, nothing, { about: 'At once, by SIGKILL.' }),
});
