// The object that every peer encodes and decodes, and what the server makes of it: the same work whatever carries it.

export interface Message {
  readonly id: number;
  readonly title: string;
  readonly genre: string;
  readonly year: number;
  readonly rating: number;
  readonly available: boolean;
  /** In a reply how many notifications the server has had, in a streamed item the shared clock or 0. */
  readonly mark: number;
  readonly synopsis?: readonly string[];
}

/** What a server does with what arrives. */
export interface Work {
  reply(request: Message): Message;
  note(message: Message): void;
  item(index: number): Message;
}

/** One item in this many carries the time when it was made. */
export const sampled = 64;

/** About 107 bytes of JSON. */
export function message(id: number, mark = 0): Message {
  return { id, title: 'A River and Mill', genre: 'drama', year: 2026, rating: 4.5, available: true, mark };
}

/** About 10 KiB of JSON, most of it text. */
export function largeMessage(id: number): Message {
  return { ...message(id), synopsis: paragraphs };
}

/** A streamed item: the sampled ones carry the shared clock. */
export function itemAt(index: number): Message {
  return message(index, index % sampled === 0 ? sharedMicroseconds() : 0);
}

/** A clock that all processes of one machine read alike. */
export function sharedMicroseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3);
}

/** A server's work with its own count of notifications. */
export function work(): Work {
  let noted = 0;
  return {
    reply: ({ id, title, genre, year, rating, synopsis }) => {
      const reply = { id, title, genre, year, rating, available: false, mark: noted };
      return synopsis === undefined ? reply : { ...reply, synopsis };
    },
    note: () => {
      noted += 1;
    },
    item: itemAt,
  };
}

const paragraphs = Array.from({ length: 40 }, (_, index) =>
  `Paragraph ${index}: the water comes down the race, meets the wheel and goes on; `.padEnd(251, 'so it went all day '),
);
