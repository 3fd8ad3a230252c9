/** An instance as Eureka's REST API writes and reads it: the JSON form, from which the XML form is made. */
import {
  type Instance,
  INSTANCE_STATUSES,
  instanceOf,
  type InstancePort,
  type InstanceStatus,
  statusOf,
} from '../../framework/index.js';
import type { Action } from './journal.js';
import type { Entry } from './store.js';

/** Plain data in Eureka's shape. */
export type Info = Readonly<Record<string, unknown>>;

/** Where what Eureka has no field for stands in its metadata. `zone` and `weight` are what other clients use as well. */
const ADDRESSES = 'millrace.addresses';
const SERVICES = 'millrace.services';
const KNOWN = { zone: 'zone', region: 'region', weight: 'weight' } as const;

/** Fields that are kept as they came, and given back so. */
const KEPT = [
  'sid',
  'countryId',
  'dataCenterInfo',
  'appGroupName',
  'homePageUrl',
  'statusPageUrl',
  'healthCheckUrl',
  'secureHealthCheckUrl',
  'isCoordinatingDiscoveryServer',
  'asgName',
] as const;

const OWN_DATA_CENTER = { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' };
/** Texts longer than this are no names, addresses or URLs. */
const LONGEST = 4096;
const MOST_METADATA = 256;
/** Values deeper than this are no data centre's. */
const DEEPEST = 4;

/** The status that is told: nobody is to call a suspect, though it is not forgotten yet. */
export function shownStatus({ instance, suspect }: Pick<Entry, 'instance' | 'suspect'>): InstanceStatus {
  const status = statusOf(instance);
  return suspect && status === 'UP' ? 'UNKNOWN' : status;
}

/** The full form, in the order in which Eureka writes it. */
export function infoOf(entry: Omit<Entry, 'version'>, action: Action): Info {
  const { instance, times } = entry;
  const { extras } = instance;
  const evicted = action === 'DELETED' && times.evicted === 0 ? times.updated : times.evicted;
  return {
    instanceId: instance.id,
    hostName: instance.host,
    app: instance.app,
    ipAddr: instance.ip,
    status: shownStatus(entry),
    overriddenStatus: instance.override,
    port: portInfo(instance.port),
    securePort: portInfo(instance.securePort),
    countryId: extras['countryId'] ?? 1,
    ...some('sid', extras['sid']),
    dataCenterInfo: extras['dataCenterInfo'] ?? OWN_DATA_CENTER,
    leaseInfo: {
      renewalIntervalInSecs: seconds(instance.lease.renewal),
      durationInSecs: seconds(instance.lease.duration),
      registrationTimestamp: times.registered,
      lastRenewalTimestamp: times.renewed,
      evictionTimestamp: evicted,
      serviceUpTimestamp: times.up,
    },
    metadata: metadataInfo(instance),
    ...some('appGroupName', extras['appGroupName']),
    ...some('homePageUrl', extras['homePageUrl']),
    ...some('statusPageUrl', extras['statusPageUrl']),
    ...some('healthCheckUrl', extras['healthCheckUrl']),
    ...some('secureHealthCheckUrl', extras['secureHealthCheckUrl']),
    ...some('vipAddress', instance.vip === '' ? undefined : instance.vip),
    ...some('secureVipAddress', instance.svip === '' ? undefined : instance.svip),
    isCoordinatingDiscoveryServer: extras['isCoordinatingDiscoveryServer'] ?? 'false',
    lastUpdatedTimestamp: String(times.updated),
    lastDirtyTimestamp: String(instance.dirty),
    actionType: action,
    ...some('asgName', extras['asgName']),
  };
}

/** The compact form: what a caller needs, and no more. */
export function compactOf(info: Info): Info {
  return {
    instanceId: info['instanceId'],
    app: info['app'],
    ipAddr: info['ipAddr'],
    dataCenterInfo: info['dataCenterInfo'],
    ...some('vipAddress', info['vipAddress']),
    ...some('secureVipAddress', info['secureVipAddress']),
    hostName: info['hostName'],
    status: info['status'],
    lastUpdatedTimestamp: Number(info['lastUpdatedTimestamp']),
    actionType: info['actionType'],
    port: info['port'],
    securePort: info['securePort'],
  };
}

/** What is wrong with an instance that somebody sends. */
export class InfoFault {
  constructor(readonly message: string) {}
}

/** Reads what somebody sends as an instance of `app`; `wall` is the time for what has none. */
export function readInfo(said: unknown, app: string, wall: number): Instance | InfoFault {
  if (!isRecord(said)) return new InfoFault('there is no instance in the request');
  const [id, host, ip] = [textOf(said['instanceId']), textOf(said['hostName']), textOf(said['ipAddr'])];
  const center = said['dataCenterInfo'];
  const name = (textOf(said['app']) ?? textOf(said['appName']) ?? '').toUpperCase();
  if (host === undefined) return new InfoFault('Missing hostname');
  if (ip === undefined) return new InfoFault('Missing ip address');
  if (name === '') return new InfoFault('Missing appName');
  if (name !== app.toUpperCase()) return new InfoFault(`Mismatched appName, expecting ${app} but was ${name}`);
  if (!isRecord(center)) return new InfoFault('Missing dataCenterInfo');
  if (textOf(center['name']) === undefined) return new InfoFault('Missing dataCenterInfo Name');
  const kept = KEPT.filter((key) => said[key] !== undefined && said[key] !== null);
  if (kept.some((key) => !isModest(said[key], DEEPEST))) return new InfoFault('a field is too long or too deep');
  const metadata = metadataOf(said['metadata']);
  if (metadata === undefined) return new InfoFault(`metadata is not ${MOST_METADATA} texts at most`);
  const lease = isRecord(said['leaseInfo']) ? said['leaseInfo'] : {};
  const { [ADDRESSES]: addresses, [SERVICES]: services, ...rest } = metadata;
  const weight = Number(rest[KNOWN.weight] ?? 1);
  return instanceOf({
    app: name,
    // Older clients send none, and are known by their host.
    id: id ?? host,
    host,
    ip,
    port: portOf(said['port'], 7001, true),
    securePort: portOf(said['securePort'], 7002, false),
    vip: textOf(said['vipAddress']) ?? '',
    svip: textOf(said['secureVipAddress']) ?? '',
    status: statusNamed(said['status'], 'UP'),
    override: statusNamed(said['overriddenStatus'] ?? said['overriddenstatus'], 'UNKNOWN'),
    zone: rest[KNOWN.zone] ?? zoneOf(center),
    region: rest[KNOWN.region] ?? '',
    addresses: listOf(addresses),
    services: listOf(services),
    weight: Number.isFinite(weight) && weight >= 0 ? weight : 1,
    metadata: rest,
    lease: {
      renewal: milliseconds(lease['renewalIntervalInSecs'], 30),
      duration: milliseconds(lease['durationInSecs'], 90),
    },
    dirty: timeOf(said['lastDirtyTimestamp']) ?? wall,
    extras: Object.fromEntries(kept.map((key) => [key, said[key]])),
  });
}

/** The status of that name, in any case of letters. */
export function statusNamed(said: unknown, otherwise: InstanceStatus): InstanceStatus {
  const name = textOf(said)?.toUpperCase();
  return INSTANCE_STATUSES.find((each) => each === name) ?? (name === undefined ? otherwise : 'UNKNOWN');
}

/** Milliseconds since 1970, from a number or its text. */
export function timeOf(said: unknown): number | undefined {
  const read = typeof said === 'string' && /^\d{1,15}$/.test(said) ? Number(said) : said;
  return typeof read === 'number' && Number.isSafeInteger(read) && read >= 0 ? read : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function metadataInfo({ metadata, addresses, services, zone, region, weight }: Instance): Info {
  const all = {
    ...(zone === '' ? {} : { [KNOWN.zone]: zone }),
    ...(region === '' ? {} : { [KNOWN.region]: region }),
    ...(weight === 1 ? {} : { [KNOWN.weight]: String(weight) }),
    ...metadata,
    ...(addresses.length === 0 ? {} : { [ADDRESSES]: addresses.join(',') }),
    ...(services.length === 0 ? {} : { [SERVICES]: services.join(',') }),
  };
  return Object.keys(all).length === 0 ? { '@class': 'java.util.Collections$EmptyMap' } : all;
}

function metadataOf(said: unknown): Record<string, string> | undefined {
  if (said === undefined || said === null || said === '') return {};
  if (!isRecord(said)) return undefined;
  const entries = Object.entries(said).filter(([key]) => key !== '@class');
  if (entries.length > MOST_METADATA) return undefined;
  const texts = entries.map(([key, value]): [string, string] => [key, typeof value === 'object' ? '' : String(value)]);
  return texts.some(([key, value]) => key.length > 256 || value.length > LONGEST)
    ? undefined
    : Object.fromEntries(texts);
}

function portInfo({ number, enabled }: InstancePort): Info {
  return { $: number, '@enabled': String(enabled) };
}

function portOf(said: unknown, usual: number, open: boolean): InstancePort {
  if (!isRecord(said)) {
    const number = Number(said);
    return said === undefined || said === null
      ? { number: usual, enabled: open }
      : { number: isPort(number) ? number : usual, enabled: open };
  }
  const number = Number(said['$'] ?? usual);
  return { number: isPort(number) ? number : usual, enabled: String(said['@enabled'] ?? open) === 'true' };
}

function isPort(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 65_535;
}

function zoneOf(center: Info): string {
  const metadata = center['metadata'];
  return isRecord(metadata) ? (textOf(metadata['availability-zone']) ?? '') : '';
}

function listOf(said: string | undefined): readonly string[] {
  return said === undefined || said === '' ? [] : said.split(',').slice(0, MOST_METADATA);
}

function textOf(said: unknown): string | undefined {
  if (typeof said === 'number') return String(said);
  return typeof said === 'string' && said !== '' && said.length <= LONGEST ? said : undefined;
}

function seconds(ms: number): number {
  return Math.max(1, Math.round(ms / 1000));
}

/** A lease of a second to a day. */
function milliseconds(said: unknown, usual: number): number {
  const read = Number(said ?? usual);
  return Number.isFinite(read) && read > 0 ? Math.min(Math.max(read, 1), 86_400) * 1000 : usual * 1000;
}

function isModest(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length <= LONGEST;
  if (typeof value !== 'object' || value === null) return true;
  const entries = Object.entries(value);
  return (
    depth > 0 &&
    entries.length <= MOST_METADATA &&
    entries.every(([key, each]) => key.length <= 256 && isModest(each, depth - 1))
  );
}

function some(key: string, value: unknown): Info {
  return value === undefined || value === null ? {} : { [key]: value };
}
