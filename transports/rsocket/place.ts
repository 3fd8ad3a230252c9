/** Places of TCP and WebSocket as texts. */
import type { Address } from './link.js';

export interface Place extends Address {
  readonly path: string;
}

/** The place of `tcp://127.0.0.1:7001` or `ws://[::1]:7002/rsocket`; undefined for another scheme, or where there is no port. */
export function placeOf(address: string, scheme: string): Place | undefined {
  if (!address.startsWith(`${scheme}://`) || !URL.canParse(address)) return undefined;
  const { hostname, port, pathname } = new URL(address);
  const number = Number(port);
  if (port === '' || number === 0 || hostname === '') return undefined;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: number, path: pathname };
}

/** `tcp://127.0.0.1:7001`; brackets around what is IP version 6. */
export function writePlace(scheme: string, { host, port }: Address, path = ''): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}
