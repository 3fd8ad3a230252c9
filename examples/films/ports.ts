/** Where everything is: agreed on before anything starts, so that what is started again is found where it was. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { z } from 'zod';
import type { ServiceName } from './contracts.js';

const port = z.number().int().min(1).max(65_535);

export const PORTS = z.object({
  page: port,
  supervisor: port,
  registry: port,
  home: port,
  playback: port,
  ratings: port,
  catalogue: port,
});
export type Ports = z.infer<typeof PORTS>;

const HOST = '127.0.0.1';
const LAST = 65_535;

/** `first` for the page and those after it for the others, but for those that are taken, of which `taken` is told; for 0, any. */
export async function findPorts(first: number, taken: (port: number) => void): Promise<Ports> {
  const servers: Server[] = [];
  const names = Object.keys(PORTS.shape);
  for (let wanted = first; servers.length < names.length; wanted = first === 0 ? 0 : wanted + 1) {
    if (wanted > LAST) throw new Error(`there are not ${names.length} free ports from ${first} up`);
    const server = createServer().listen(wanted, HOST);
    const free = await once(server, 'listening').catch(() => undefined);
    if (free === undefined) taken(wanted);
    else servers.push(server);
  }
  const found = servers.map(portOf);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return PORTS.parse(Object.fromEntries(names.map((name, at) => [name, found[at]])));
}

export function addressOf(name: ServiceName | 'supervisor' | 'registry', ports: Ports): string {
  const web = name === 'home' || name === 'supervisor';
  return `${web ? 'ws' : 'tcp'}://${HOST}:${ports[name]}`;
}

/** The page's own addresses: no page from elsewhere may talk to the services, or end them. */
export function originsOf({ page }: Ports): string[] {
  return [`http://${HOST}:${page}`, `http://localhost:${page}`];
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
