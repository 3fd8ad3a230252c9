/** A transport whose bytes come in pieces of other sizes than they were sent in. */
import type { Link, Transport } from 'millrace/rsocket';

/** Pieces of `sizes` bytes, again from the first when they are used up, on the side that dials. */
export function chopped(inner: Transport, sizes: readonly number[]): Transport {
  return { ...inner, dial: async () => choppedLink(await inner.dial(), sizes) };
}

function choppedLink(link: Link, sizes: readonly number[]): Link {
  let turn = 0;
  return {
    name: link.name,
    start: (events) =>
      link.start({
        ...events,
        bytes(chunk) {
          for (let at = 0; at < chunk.length;) {
            const end = at + (sizes[turn++ % sizes.length] ?? 1);
            events.bytes(chunk.slice(at, end));
            at = end;
          }
        },
      }),
    write: (run, done) => link.write(run, done),
    get unsent() {
      return link.unsent;
    },
    pause: () => link.pause(),
    resume: () => link.resume(),
    end: () => link.end(),
    destroy: () => link.destroy(),
  };
}
