/** `npm start`: four services over real films, each a process of its own that finds the others by a registry, and a page that talks to them. */
import { parseArgs } from 'node:util';
import { mesh, port } from 'millrace';
import { registryMesh } from 'millrace/registry';
import { tcp, websocket } from 'millrace/rsocket';
import { SERVICES } from './contracts.js';
import { servePage } from './page-server.js';
import { addressOf, findPorts, originsOf, type Ports } from './ports.js';
import { Processes } from './processes.js';
import { SupervisorService } from './supervisor.js';

const stopping = new Promise<NodeJS.Signals>((told) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, told);
});

try {
  await films();
} catch (error) {
  process.stderr.write(`films: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
process.exit(0);

async function films(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '7100' } } });
  const ports = await findPorts(port(values.port), (taken) => say(`port ${taken} is taken`));
  const quiet = { 'app.grace': '200 ms', 'log.level': 'error' };
  const registry = await registryMesh()
    .over(tcp({ port: ports.registry }))
    .configure(quiet)
    .start();
  const processes = new Processes(ports, (what) => say(`${what}; start it again on the page`));
  const supervisor = await mesh(SupervisorService)
    .provide(Processes, { useValue: processes })
    .over(websocket({ port: ports.supervisor, origins: originsOf(ports) }))
    .configure(quiet)
    .start();
  try {
    const started = Promise.all([servePage(ports), ...SERVICES.map((name) => processes.start(name))]);
    const ready = started.then(([page]) => say(readyText(page, ports)));
    await Promise.race([ready, stopping]);
    await stopping;
  } finally {
    await Promise.all([processes.stopAll(), supervisor.stop()]);
    await registry.stop();
  }
  say('all is stopped');
}

function readyText(page: string, ports: Ports): string {
  const places = [...SERVICES, 'supervisor' as const, 'registry' as const].map(
    (name) => `  ${name.padEnd(10)}  ${addressOf(name, ports)}`,
  );
  return ['', `  the page    ${page}`, ...places, '', '  Ctrl-C stops all of it.', ''].join('\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
