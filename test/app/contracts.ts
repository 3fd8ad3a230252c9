/** Contracts of a small shop of films, as a program would have them. */
import { channel, contract, declared, notify, nothing, response, stream } from 'millrace';
import { z } from 'zod';

export const TitleId = z.object({ id: z.string() });
export const Title = z.object({ id: z.string(), name: z.string() });

export const Catalog = contract(
  'catalog',
  {
    title: response(TitleId, Title, { about: 'The title of an id.' }),
    browse: stream(z.object({ count: z.number() }), z.number()),
    rate: channel(z.number(), z.number()),
    viewed: notify(TitleId),
  },
  {
    failures: { NotFound: declared(TitleId, { httpStatus: 404 }) },
    about: 'What there is to see.',
    version: '1.4',
  },
);

export const Ratings = contract('ratings', {
  of: response(z.string(), z.number()),
  all: stream(nothing, z.number()),
});

export const Clock = contract('clock', { name: response(nothing, z.string()) });
