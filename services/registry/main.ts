/** `npm run registry`: a registry as a program of its own. */
import { type App, Log, mesh, Registry, systemClock } from '../../framework/index.js';
import { tcp } from '../../transports/rsocket/index.js';
import { EUREKA_PARAMS, type EurekaServer, serveEureka } from './eureka-server.js';
import { optionsOf } from './options.js';
import { RegistryService } from './registry-service.js';
import { REGISTRY_PARAMS, type Settings } from './settings.js';
import { RegistryStore, type StoreNews } from './store.js';

const { http, rsocket, host } = optionsOf(process.argv.slice(2));

/** What runs, once it does. */
const running: { app?: App; eureka?: EurekaServer } = {};
const settings: Settings = (param) => running.app?.config.get(param) ?? param.initial;
const tell = (news: StoreNews): void => {
  if (news.kind === 'evicted')
    running.app?.log.warn({ app: news.instance.app, id: news.instance.id }, 'evicted: its lease ended');
  else if (news.on) running.app?.log.warn({ known: news.known }, 'too few instances renew: nobody is evicted');
  else running.app?.log.info({ known: news.known }, 'instances renew again');
};
const clock = systemClock;
const store = new RegistryStore({ clock, settings, tell });

/** Begins with the application, and ends with it. */
class EurekaApi {
  constructor(private readonly log: Log) {}

  async onStart(): Promise<void> {
    if (http === undefined) return;
    const defect = (error: unknown, path: string): void =>
      this.log.error({ err: error, path }, 'a request failed by a bug');
    running.eureka = await serveEureka(store, { port: http, host, clock, settings, defect });
  }

  async onStop(): Promise<void> {
    await running.eureka?.close();
    store.close();
  }
}

const app = await mesh()
  .named('registry')
  .serve(Registry, new RegistryService(store, clock, settings))
  .provide(EurekaApi, { useFactory: (container) => new EurekaApi(container.resolve(Log)) })
  .over(tcp({ port: rsocket, host }))
  .params(...REGISTRY_PARAMS, ...EUREKA_PARAMS)
  .configure({}, { file: 'usual', env: process.env, flags: [] })
  .log({ to: process.stderr })
  .run();

running.app = app;
const place = new URL(app.addresses[0] ?? '').host;
process.stdout.write(`registry ready http=${running.eureka?.address ?? 'none'} rsocket=${place}\n`);
