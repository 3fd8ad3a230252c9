/** What the browser's scenarios talk to: an RSocket server over WebSocket, and the pages over HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fromIterable, MeshError } from 'millrace';
import {
  type Connection,
  listen,
  payload,
  routeOf,
  type Server,
  text,
  websocket,
  type WireService,
} from 'millrace/rsocket';
import { finalize, isObservable, lastValueFrom, map, mergeMap, NEVER, type Observable, of, throwError } from 'rxjs';
import { portOf } from '../rsocket/raw-peer.js';

export interface Site {
  /** Where the pages are. */
  readonly origin: string;
  /** Where RSocket is. */
  readonly url: string;
  /** Items that `count` has made since the last reset. */
  produced: number;
  /** Resolves when the next `count` or `never` has been left. */
  left(): Promise<string>;
  close(): Promise<void>;
}

/** Serves `files` by their paths. */
export async function startSite(files: Readonly<Record<string, string>>): Promise<Site> {
  const leaving: ((route: string) => void)[] = [];
  const pages = createServer((request, response) => {
    const file = files[request.url ?? ''];
    const type = request.url?.endsWith('.js') === true ? 'text/javascript' : 'text/html';
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` }).end(file);
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const rsocket: Server = await listen(websocket({ port: 0 }), () => NEVER, {
    accept({ data }, peer) {
      if (text(data) === 'refused') throw new MeshError('Denied', 'not today');
      return serviceFor(peer, site, (route) => leaving.shift()?.(route));
    },
    grace: '100 ms',
  });
  const site: Site = {
    origin: `http://127.0.0.1:${portOf(pages.address())}`,
    url: `ws://127.0.0.1:${rsocket.address.port}`,
    produced: 0,
    left: () => new Promise((resolve) => leaving.push(resolve)),
    async close() {
      pages.closeAllConnections();
      pages.close();
      await lastValueFrom(rsocket.close(), { defaultValue: undefined });
    },
  };
  return site;
}

function serviceFor(peer: Connection, site: Site, left: (route: string) => void): WireService {
  return ({ request }) => {
    if (isObservable(request)) return request.pipe(map(({ data }) => payload(text(data).toUpperCase())));
    const route = routeOf(request.metadata) ?? '';
    const length = Number(text(request.data));
    switch (route) {
      case 'echo':
        return of(request);
      case 'count':
        return numbers(Infinity, () => (site.produced += 1)).pipe(finalize(() => left(route)));
      case 'range':
        return numbers(length, () => undefined);
      case 'never':
        return NEVER.pipe(finalize(() => left(route)));
      case 'call me':
        peer.push(Buffer.from('a push')).subscribe();
        return of(0).pipe(mergeMap(() => peer.response(payload('the server'))));
      case 'denied':
        return throwError(() => new MeshError('Denied', 'not for you', { code: 'MEMBERS_ONLY' }));
      case 'defect':
        return throwError(() => new TypeError('a secret'));
      default:
        return throwError(() => new MeshError('Unknown', `no route ${route}`));
    }
  };
}

function numbers(to: number, made: () => void): Observable<ReturnType<typeof payload>> {
  return fromIterable(function* () {
    for (let n = 1; n <= to; n++) {
      made();
      yield payload(`${n}`);
    }
  });
}
