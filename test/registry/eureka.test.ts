import { expect } from 'chai';
import { gunzipSync, gzipSync } from 'node:zlib';
import { systemClock } from 'millrace';
import { readXml } from '../../services/registry/eureka-xml.js';
import { type EurekaServer, serveEureka } from '../../services/registry/eureka-server.js';
import type { Settings } from '../../services/registry/settings.js';
import { RegistryStore } from '../../services/registry/store.js';

const MY_OWN = { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' };
const AMAZON = {
  '@class': 'com.netflix.appinfo.AmazonInfo',
  name: 'Amazon',
  metadata: { 'availability-zone': 'us-east-1c', 'instance-id': 'i-1' },
};

/** As the Java client registers. */
const info = (id: string, more: object = {}): object => ({
  instanceId: id,
  hostName: '127.0.0.1',
  app: 'ORDERS',
  ipAddr: '127.0.0.1',
  status: 'UP',
  overriddenStatus: 'UNKNOWN',
  port: { $: 7001, '@enabled': 'true' },
  securePort: { $: 7002, '@enabled': 'false' },
  countryId: 1,
  dataCenterInfo: MY_OWN,
  leaseInfo: { renewalIntervalInSecs: 2, durationInSecs: 6, registrationTimestamp: 0 },
  metadata: { zone: 'z1', a_b: 'ü' },
  homePageUrl: 'http://127.0.0.1:7001/',
  vipAddress: 'orders-vip',
  secureVipAddress: 'orders-vip-s',
  isCoordinatingDiscoveryServer: 'false',
  lastUpdatedTimestamp: '1795398314028',
  lastDirtyTimestamp: '1795398314028',
  ...more,
});

const XML = `<instance>
  <instanceId>x1</instanceId><hostName>h</hostName><app>ORDERS</app><ipAddr>1.2.3.4</ipAddr><status>UP</status>
  <overriddenstatus>UNKNOWN</overriddenstatus><port enabled="true">7003</port><securePort enabled="false">7004</securePort>
  <dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"><name>MyOwn</name></dataCenterInfo>
  <leaseInfo><renewalIntervalInSecs>5</renewalIntervalInSecs><durationInSecs>15</durationInSecs></leaseInfo>
  <metadata><a__b>c &amp; d</a__b></metadata><lastDirtyTimestamp>1795398370612</lastDirtyTimestamp></instance>`;

describe("Eureka's REST API", () => {
  let store: RegistryStore;
  let server: EurekaServer;
  const defects: unknown[] = [];
  beforeEach(async () => {
    store = new RegistryStore({ clock: systemClock, settings: ({ initial }) => initial });
    server = await serveEureka(store, {
      port: 0,
      host: '127.0.0.1',
      clock: systemClock,
      settings: ({ initial }) => initial,
      defect: (error) => defects.push(error),
    });
  });
  afterEach(async () => {
    await server.close();
    store.close();
    expect(defects).to.deep.equal([]);
  });

  const ask = (method: string, path: string, init: RequestInit = {}, prefix = '/eureka/'): Promise<Response> =>
    fetch(`http://${server.address}${prefix}${path}`, { method, ...init });
  const json = { accept: 'application/json' };
  const get = async (path: string, headers: Record<string, string> = json): Promise<Record<string, never>> =>
    (await ask('GET', path, { headers })).json() as Promise<Record<string, never>>;
  const register = (body: object, app = 'ORDERS'): Promise<Response> =>
    ask('POST', `apps/${app}`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ instance: body }),
    });
  const status = async (method: string, path: string): Promise<number> => (await ask(method, path)).status;

  for (const prefix of ['/eureka/', '/eureka/v2/']) {
    it(`takes a registration, and gives it back as it came, under ${prefix}`, async () => {
      const body = JSON.stringify({ instance: info('o-1') });
      const headers = { 'content-type': 'application/json' };
      const taken = await ask('POST', 'apps/ORDERS', { headers, body }, prefix);
      expect([taken.status, await taken.text()]).to.deep.equal([204, '']);
      const { instance } = (await (await ask('GET', 'apps/orders/o-1', { headers: json }, prefix)).json()) as {
        instance: { leaseInfo: { registrationTimestamp: number } };
      };
      const { leaseInfo } = instance;
      expect(leaseInfo.registrationTimestamp).to.be.greaterThan(1.7e12);
      expect(instance).to.deep.include({
        ...info('o-1'),
        leaseInfo,
        actionType: 'ADDED',
        lastUpdatedTimestamp: (instance as { lastUpdatedTimestamp?: string }).lastUpdatedTimestamp,
      });
    });
  }

  it('gives all applications, with the hash of their statuses', async () => {
    expect(await get('apps')).to.deep.equal({
      applications: { versions__delta: '1', apps__hashcode: '', application: [] },
    });
    await register(info('o-1'));
    await register(info('o-2', { status: 'STARTING' }));
    await register(info('p-1', { app: 'PAY' }), 'PAY');
    const { applications } = (await get('apps/')) as unknown as {
      applications: { apps__hashcode: string; application: { name: string; instance: unknown[] }[] };
    };
    expect(applications.apps__hashcode).to.equal('STARTING_1_UP_2_');
    const names = applications.application.map(({ name, instance }) => `${name} ${instance.length}`);
    expect(names).to.deep.equal(['ORDERS 2', 'PAY 1']);
  });

  it('tells in a delta what was added, changed and taken out', async () => {
    await register(info('o-1'));
    await register(info('o-2'));
    await register(info('o-3'));
    await ask('PUT', 'apps/ORDERS/o-2/status?value=OUT_OF_SERVICE');
    await ask('DELETE', 'apps/ORDERS/o-3');
    const { applications } = (await get('apps/delta')) as unknown as {
      applications: { apps__hashcode: string; application: { instance: Record<string, string>[] }[] };
    };
    expect(applications.apps__hashcode).to.equal('OUT_OF_SERVICE_1_UP_1_');
    const [orders] = applications.application;
    expect(orders?.instance.map((each) => [each['instanceId'], each['actionType'], each['status']])).to.deep.equal([
      ['o-1', 'ADDED', 'UP'],
      ['o-2', 'MODIFIED', 'OUT_OF_SERVICE'],
      ['o-3', 'DELETED', 'UP'],
    ]);
  });

  it('renews a lease, and answers 404 with nothing in it where the client has to register again', async () => {
    await register(info('o-1'));
    const beat = 'apps/ORDERS/o-1?status=UP&lastDirtyTimestamp=';
    expect(await status('PUT', `${beat}1795398314028`)).to.equal(200);
    expect(await status('PUT', `${beat}1795398314029`)).to.equal(404);
    const unknown = await ask('PUT', 'apps/ORDERS/nobody?status=UP', { headers: json });
    expect([unknown.status, await unknown.text()]).to.deep.equal([404, '']);
  });

  it('holds an override before what the instance says, and takes it back', async () => {
    await register(info('o-1'));
    const now = async (): Promise<unknown> => {
      const { instance } = (await get('apps/ORDERS/o-1')) as unknown as { instance: Record<string, string> };
      return [instance['status'], instance['overriddenStatus']];
    };
    expect(await status('PUT', 'apps/ORDERS/o-1/status?value=OUT_OF_SERVICE')).to.equal(200);
    expect(await now()).to.deep.equal(['OUT_OF_SERVICE', 'OUT_OF_SERVICE']);
    await register(info('o-1', { lastDirtyTimestamp: '1795398314099' }));
    expect(await now()).to.deep.equal(['OUT_OF_SERVICE', 'OUT_OF_SERVICE']);
    expect(await status('DELETE', 'apps/ORDERS/o-1/status')).to.equal(200);
    expect(await now()).to.deep.equal(['UP', 'UNKNOWN']);
    expect(await status('PUT', 'apps/ORDERS/nobody/status?value=DOWN')).to.equal(404);
    expect(await status('PUT', 'apps/ORDERS/o-1/status')).to.equal(400);
  });

  it('finds instances by id, by virtual address and by application, or answers 404', async () => {
    await register(info('o-1'));
    await register(info('o-2', { vipAddress: 'other,orders-vip' }));
    const count = async (path: string): Promise<unknown> => {
      const { applications } = (await get(path)) as unknown as { applications: { apps__hashcode: string } };
      return applications.apps__hashcode;
    };
    expect(await count('vips/orders-vip')).to.equal('UP_2_');
    expect(await count('vips/other')).to.equal('UP_1_');
    expect(await count('svips/orders-vip-s')).to.equal('UP_2_');
    expect(await get('instances/o-2')).to.have.nested.property('instance.instanceId', 'o-2');
    for (const path of ['vips/none', 'svips/none', 'instances/none', 'apps/NONE', 'apps/ORDERS/none', 'nothing']) {
      const none = await ask('GET', path, { headers: json });
      expect([path, none.status, await none.text()]).to.deep.equal([path, 404, '']);
    }
    await register(info('l-1', { app: 'LATE' }), 'LATE');
    expect(await status('GET', 'apps/LATE')).to.equal(200);
  });

  it('adds metadata', async () => {
    await register(info('o-1'));
    expect(await status('PUT', 'apps/ORDERS/o-1/metadata?k1=v1&k2=v%202')).to.equal(200);
    expect(await get('apps/ORDERS/o-1')).to.have.deep.nested.property('instance.metadata', {
      zone: 'z1',
      a_b: 'ü',
      k1: 'v1',
      k2: 'v 2',
    });
    expect(await status('PUT', 'apps/ORDERS/none/metadata?k=v')).to.equal(404);
  });

  it('is short where that is asked for', async () => {
    await register(info('o-1'));
    const { instance } = (await get('apps/ORDERS/o-1', { ...json, 'x-eureka-accept': 'compact' })) as unknown as {
      instance: object;
    };
    expect(Object.keys(instance)).to.deep.equal([
      'instanceId',
      'app',
      'ipAddr',
      'dataCenterInfo',
      'vipAddress',
      'secureVipAddress',
      'hostName',
      'status',
      'lastUpdatedTimestamp',
      'actionType',
      'port',
      'securePort',
    ]);
  });

  it('speaks XML, to whoever does not ask for JSON', async () => {
    const headers = { 'content-type': 'application/xml' };
    expect((await ask('POST', 'apps/ORDERS', { headers, body: XML })).status).to.equal(204);
    expect(await get('apps/ORDERS/x1')).to.have.deep.nested.property('instance.metadata', { a_b: 'c & d' });
    const answer = await ask('GET', 'apps', { headers: { accept: 'application/xml' } });
    expect(answer.headers.get('content-type')).to.equal('application/xml');
    const text = await answer.text();
    expect(text).to.include('<apps__hashcode>UP_1_</apps__hashcode>');
    expect(text).to.include('<port enabled="true">7003</port>');
    expect(text).to.include('<dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo">');
    expect(text).to.include('<a__b>c &amp; d</a__b>');
    expect(readXml(text)).to.have.nested.property('applications.application.instance.instanceId', 'x1');
  });

  it('packs and unpacks', async () => {
    const packed = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const body = new Uint8Array(gzipSync(JSON.stringify({ instance: info('o-1') })));
    expect((await ask('POST', 'apps/ORDERS', { headers: packed, body })).status).to.equal(204);
    const { request } = await import('node:http');
    const bytes = await new Promise<Buffer>((done, fail) => {
      const headers = { ...json, 'accept-encoding': 'gzip' };
      request(`http://${server.address}/eureka/apps/`, { headers }, (response) => {
        expect(response.headers['content-encoding']).to.equal('gzip');
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => done(Buffer.concat(parts)));
      })
        .on('error', fail)
        .end();
    });
    expect(gunzipSync(bytes).toString()).to.include('"apps__hashcode":"UP_1_"');
  });

  it('keeps an Amazon data centre, and takes the zone from it', async () => {
    await register(info('o-1', { dataCenterInfo: AMAZON, metadata: {} }));
    expect(await get('apps/ORDERS/o-1')).to.have.deep.nested.property('instance.dataCenterInfo', AMAZON);
    expect(store.entry('ORDERS/o-1')?.instance.zone).to.equal('us-east-1c');
  });

  for (const [why, body] of [
    ['Missing hostname', { hostName: '' }],
    ['Missing ip address', { ipAddr: undefined }],
    ['Mismatched appName, expecting ORDERS but was OTHER', { app: 'other' }],
    ['Missing dataCenterInfo', { dataCenterInfo: undefined }],
    ['Missing dataCenterInfo Name', { dataCenterInfo: {} }],
  ] as const) {
    it(`answers 400 and says: ${why}`, async () => {
      const refused = await register(info('o-1', body));
      expect([refused.status, await refused.json()]).to.deep.equal([400, { error: why }]);
    });
  }

  it('takes batches from peers', async () => {
    await register(info('o-1', { lastDirtyTimestamp: '2000' }));
    const beat = { appName: 'ORDERS', id: 'o-1', action: 'Heartbeat', status: 'UP' };
    const replicationList = [
      { appName: 'ORDERS', id: 'o-2', action: 'Register', instanceInfo: info('o-2') },
      { ...beat, lastDirtyTimestamp: 2000 },
      { ...beat, lastDirtyTimestamp: 1000 },
      { ...beat, id: 'none' },
      { ...beat, action: 'StatusUpdate', status: 'DOWN' },
      { ...beat, action: 'DeleteStatusOverride' },
      { ...beat, id: 'o-2', action: 'Cancel' },
      { action: 'Nonsense' },
    ];
    const answer = await ask('POST', 'peerreplication/batch', {
      headers: { 'content-type': 'application/json', ...json },
      body: JSON.stringify({ replicationList }),
    });
    const { responseList } = (await answer.json()) as {
      responseList: { statusCode: number; responseEntity?: object }[];
    };
    expect(responseList.map(({ statusCode }) => statusCode)).to.deep.equal([200, 200, 409, 404, 200, 200, 200, 400]);
    expect(responseList[2]?.responseEntity).to.include({ instanceId: 'o-1', lastDirtyTimestamp: '2000' });
  });

  it('answers 503 to who looks for instances until it has caught up with other registries, and takes registrations', async () => {
    store.hold('it has to catch up with the others first');
    expect((await register(info('o-1'))).status).to.equal(204);
    expect(await status('PUT', 'apps/ORDERS/o-1?status=UP')).to.equal(200);
    for (const path of ['apps', 'apps/delta', 'apps/ORDERS/o-1', 'vips/orders-vip'])
      expect([path, await status('GET', path)]).to.deep.equal([path, 503]);
    expect(await status('GET', 'status')).to.equal(200);
    store.open();
    expect(await status('GET', 'apps/ORDERS/o-1')).to.equal(200);
  });

  it('tells whom the hook before registrations refuses why', async () => {
    await server.close();
    store.close();
    const settings: Settings = ({ initial }) => initial;
    const admit = (): never => {
      throw new Error('only those of the shop');
    };
    store = new RegistryStore({ clock: systemClock, settings, admit });
    const defect = (error: unknown): void => void defects.push(error);
    server = await serveEureka(store, { port: 0, host: '127.0.0.1', clock: systemClock, settings, defect });
    const refused = await register(info('o-1'));
    expect([refused.status, await refused.json()]).to.deep.equal([
      403,
      { error: 'ORDERS/o-1 may not register: only those of the shop' },
    ]);
    expect(store.size).to.equal(0);
  });

  it("carries Millrace's own names for places and contracts", async () => {
    const metadata = { 'millrace.addresses': 'tcp://127.0.0.1:7001', 'millrace.services': 'orders,pay', weight: '3' };
    await register(info('o-1', { metadata }));
    expect(store.entry('ORDERS/o-1')?.instance).to.deep.include({
      addresses: ['tcp://127.0.0.1:7001'],
      services: ['orders', 'pay'],
      weight: 3,
    });
    expect(await get('apps/ORDERS/o-1')).to.have.deep.nested.property('instance.metadata', metadata);
  });

  describe('hostile requests', () => {
    const post = async (body: string | Buffer, headers: Record<string, string>): Promise<number> =>
      (await ask('POST', 'apps/ORDERS', { headers, body: typeof body === 'string' ? body : new Uint8Array(body) }))
        .status;
    const xml = { 'content-type': 'application/xml' };
    const plain = { 'content-type': 'application/json' };
    const entity =
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><instance><app>&b;</app></instance>';
    const cases: readonly (readonly [string, number, string | Buffer, Record<string, string>])[] = [
      ['a document type with entities', 400, entity, xml],
      ['XML that is cut short', 400, XML.slice(0, 200), xml],
      ['XML nested a thousand deep', 400, `${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}`, xml],
      ['JSON nested a thousand deep', 400, `${'['.repeat(1000)}${']'.repeat(1000)}`, plain],
      ['a prototype', 400, '{"__proto__":{"instance":{}}}', plain],
      ['XML said to be JSON', 400, XML, plain],
      ['no JSON', 400, '{', plain],
      ['nothing', 400, '', plain],
      ['two mebibytes', 413, 'x'.repeat(2 ** 21), plain],
      ['a bomb', 413, gzipSync(Buffer.alloc(2 ** 26)), { ...plain, 'content-encoding': 'gzip' }],
    ];
    for (const [name, wanted, body, headers] of cases) {
      it(`${name} is answered ${wanted}, and the next request as ever`, async () => {
        expect(await post(body, headers)).to.equal(wanted);
        expect((await register(info('o-1'))).status).to.equal(204);
        expect({}).to.not.have.property('instance');
      });
    }

    it('with methods and paths that are none are answered 405 and 404', async () => {
      expect(await status('DELETE', 'apps')).to.equal(405);
      expect(await status('POST', 'apps/delta')).to.equal(405);
      expect(await status('PATCH', 'apps/ORDERS/o-1')).to.equal(405);
      expect((await ask('GET', '', {}, '/other/')).status).to.equal(404);
      expect((await ask('GET', 'apps/%ff', {}, '/eureka/')).status).to.equal(404);
    });
  });
});
