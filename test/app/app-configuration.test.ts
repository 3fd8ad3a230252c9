import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSources, GRACE, type Handlers, Log, LOG_LEVEL, mesh, param, serves, setting, text } from 'millrace';
import { KEEP_ALIVE, tcp } from 'millrace/rsocket';
import { firstValueFrom, of } from 'rxjs';
import { applications, failure } from './applications.js';
import { Clock } from './contracts.js';
import { LEVELS, logLines } from './log-lines.js';
import { CatalogService, PageSize, RatingsService } from './shop.js';

const Password = param('clock.password', 'tick', text, 'What opens the clock.', { secret: true });
const Zone = param('clock.zone', 'UTC', text, 'Where the clock stands.');

@serves(Clock)
class ClockService implements Handlers<typeof Clock> {
  constructor(
    @setting(Password) readonly password: string,
    @setting(Zone) readonly zone: string,
    readonly log: Log,
  ) {}

  name() {
    return of(this.zone);
  }
}

const shop = mesh(CatalogService, RatingsService, ClockService);

describe('an application is configured', () => {
  const start = applications();
  let folder: string;
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  before(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('by code, then a file, then the environment, then flags', async () => {
    const path = file('order.yaml', 'catalog:\n  page-size: 20\napp.grace: 2 s\nlog.level: warn\n');
    const sources: ConfigSources = {
      file: path,
      env: { MILLRACE_CATALOG_PAGE_SIZE: '30', MILLRACE_LOG_LEVEL: 'error', HOME: '/root' },
      flags: ['serve', '--log.level=fatal'],
    };
    const app = await start(shop.configure({ 'catalog.page-size': 10, 'clock.zone': 'CET' }, sources));
    expect(app.config.get(GRACE)).to.equal(2000);
    expect(app.config.get(LOG_LEVEL)).to.equal('fatal');
    expect(app.get(CatalogService).pageSize).to.equal(30);
    expect(app.get(ClockService).zone).to.equal('CET');
    const from = new Map(app.config.rows().map((row) => [row.name, row.from]));
    expect(from.get('app.grace')).to.equal(`file ${path}:3`);
    expect(from.get('catalog.page-size')).to.equal('environment MILLRACE_CATALOG_PAGE_SIZE');
    expect(from.get('clock.zone')).to.equal('code');
    expect(from.get('log.level')).to.equal('flag --log.level');
    expect(from.get('call.deadline')).to.equal('default');
  });

  it('by what was said last, of code and of sources each', async () => {
    const app = await start(
      shop
        .configure({ 'clock.zone': 'CET', catalog: { 'page-size': 4 } }, { env: { MILLRACE_APP_GRACE: '1 s' } })
        .configure({ clock: { zone: 'EST' } }),
    );
    expect(app.get(ClockService).zone).to.equal('EST');
    expect(app.config.get(PageSize)).to.equal(4);
    expect(app.config.get(GRACE)).to.equal(1000);
  });

  it('by nothing of the process around it, unless it is told so', async () => {
    process.env['MILLRACE_CATALOG_PAGE_SIZE'] = '99';
    try {
      expect((await start(shop)).config.get(PageSize)).to.equal(3);
      expect(
        (await start(shop.configure({}, { env: { ...pick('MILLRACE_CATALOG_PAGE_SIZE') } }))).config.get(PageSize),
      ).to.equal(99);
    } finally {
      delete process.env['MILLRACE_CATALOG_PAGE_SIZE'];
    }
  });

  it('in its wires and in what it only calls, as well', async () => {
    const app = await start(
      shop
        .over(tcp({ port: 0 }))
        .configure({ 'rsocket.keep-alive': '5 s' }, { flags: ['--discovery.patience', '10 ms'] }),
    );
    expect(app.config.get(KEEP_ALIVE)).to.equal(5000);
    const error = await failure(start(shop.configure({ 'rsocket.keep-alive': '5 s' })));
    expect(error.message).to.match(/^code: rsocket\.keep-alive is not the name of a param/);
  });

  it('in params that a program declares for itself', async () => {
    const Theme = param('theme', 'dark', text, 'How it looks.');
    const app = await start(
      mesh()
        .params(Theme)
        .configure({}, { flags: ['--theme=light'] }),
    );
    expect(app.config.get(Theme)).to.equal('light');
  });

  it('by each of its names alike, a last word on health', async () => {
    const app = await start(
      mesh()
        .health({ port: 1 })
        .configure({}, { env: { MILLRACE_HEALTH_PORT: '0' } }),
    );
    expect(app.healthAddress).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('not at all by what is wrong or unknown, and hears of all of it at once', async () => {
    const path = file('wrong.json', '{ "catalog": { "page-sise": 1 },\n  "app": { "grace": "soon" } }');
    const error = await failure(
      start(
        shop.configure(
          { 'catalog.page-size': -1, zone: 'CET' },
          { file: path, env: { MILLRACE_LOG_LEVEL: 'loud', MILLRACE_TYPO: '1' }, flags: ['--clock.zon=x'] },
        ),
      ),
    );
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CONFIG' });
    const lines = error.message.split('\n');
    const expected: readonly RegExp[] = [
      /^code: catalog\.page-size: -1 is not a whole number, 0 or more$/,
      /^code: zone is not the name of a param/,
      /^file .*wrong\.json:1: catalog\.page-sise is not the name of a param.*catalog\.page-size/,
      /^file .*wrong\.json:2: app\.grace: 'soon' is not a duration such as/,
      /^environment MILLRACE_LOG_LEVEL: log\.level: 'loud' is not 'trace', /,
      /^environment MILLRACE_TYPO: MILLRACE_TYPO is not the name of a param/,
      /^flag --clock\.zon: .*clock\.zone/,
    ];
    for (const pattern of expected)
      expect(
        lines.some((line) => pattern.test(line)),
        `${pattern} in\n${lines.join('\n')}`,
      ).to.equal(true);
    expect(lines).to.have.length(expected.length);
  });

  it('not by a file that is not there', async () => {
    const error = await failure(start(shop.configure({}, { file: join(folder, 'none.yaml') })));
    expect(error.message).to.match(/^code: there is no file .*none\.yaml$/);
  });
});

describe('a value that is changed while an application runs', () => {
  const start = applications();

  it('is heard at once by the log', async () => {
    const lines = logLines();
    const app = await start(shop.log(lines.options));
    const { log } = app.get(ClockService);
    log.debug('unheard');
    app.config.set('log.level', 'debug');
    log.debug('heard');
    app.log.debug('heard too');
    app.config.set('log.level', 'error');
    log.info('unheard again');
    expect(lines.all.filter(({ level }) => level === LEVELS.debug).map(({ msg }) => msg)).to.deep.equal([
      'heard',
      'heard too',
    ]);
    expect(lines.all.map(({ msg }) => msg)).not.to.include('unheard again');
  });

  it('is told to who watches it', async () => {
    const app = await start(shop);
    const seen: number[] = [];
    const watching = app.config.watch(PageSize).subscribe((size) => seen.push(size));
    app.config.set('catalog.page-size', '8');
    app.config.set('catalog.page-size', 8);
    watching.unsubscribe();
    expect(seen).to.deep.equal([3, 8]);
  });

  it('stays as it was when the new one is wrong', async () => {
    const app = await start(shop);
    expect(() => app.config.set('log.level', 'loud')).to.throw(/log\.level: 'loud' is not/);
    expect(() => app.config.set('log.levle', 'debug')).to.throw(/log\.levle is not the name of a param.*log\.level/);
    expect(app.config.get(LOG_LEVEL)).to.equal('info');
  });
});

describe('the value of a secret', () => {
  const start = applications();
  const secret = 'swordfish';

  it('reaches who asks for it, and no report or log', async () => {
    const lines = logLines();
    const app = await start(
      shop
        .log(lines.options)
        .configure({ 'clock.password': secret, 'log.level': 'trace' })
        .over(tcp({ port: 0 })),
    );
    expect(app.get(ClockService).password).to.equal(secret);
    expect(await firstValueFrom(app.client(Clock).name())).to.equal('UTC');
    expect(app.config.report()).to.include('clock.password').and.not.include(secret);
    expect(JSON.stringify(app.config.rows())).not.to.include(secret);
    expect(JSON.stringify(app.describe())).not.to.include(secret);
    await app.stop();
    expect(lines.raw.join('')).to.include('ready').and.not.include(secret);
  });

  it('is in no error, wherever it is wrong', async () => {
    for (const plan of [
      shop.configure({ 'clock.password': [secret] }),
      shop.configure({ 'clock.password': { [secret]: 1 } }),
    ]) {
      const error = await failure(start(plan));
      expect(error.code).to.equal('MILLRACE_CONFIG');
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.to.include(secret);
    }
    const app = await start(shop);
    expect(() => app.config.set('clock.password', [secret]))
      .to.throw()
      .with.property('message')
      .that.does.not.include(secret);
  });
});

function pick(name: string): Readonly<Record<string, string | undefined>> {
  return { [name]: process.env[name] };
}
