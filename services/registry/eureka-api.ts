/**
 * Eureka's REST API over a store: what each request does, and its answer; nothing of HTTP but names.
 * Source: github.com/Netflix/eureka, eureka-core `com.netflix.eureka.resources`, version 1.10.18.
 */
import { type Clock, isMeshError, type Instance, keyOf, type MeshError } from '../../framework/index.js';
import {
  appsHash,
  type Body,
  applicationBody,
  applicationsBody,
  type Form,
  instanceBody,
  recentInfos,
} from './eureka-bodies.js';
import { type Info, InfoFault, infoOf, isRecord, readInfo, statusNamed, timeOf } from './eureka-info.js';
import { readXml } from './eureka-xml.js';
import { readJson } from './eureka-json.js';
import type { Entry, RegistryStore } from './store.js';

export interface EurekaRequest {
  readonly method: string;
  /** The decoded parts of the path behind `/eureka/` or `/eureka/v2/`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly form: Form;
  /** Whether the body is XML. */
  readonly xml: boolean;
  readonly body: string;
  /** It comes from another Eureka server: `x-netflix-discovery-replication`. */
  readonly replication: boolean;
}

export interface EurekaAnswer {
  readonly status: number;
  readonly body?: Body | undefined;
}

/** Actions of one batch of replication at most. */
const MOST_REPLICATED = 250;

export class EurekaApi {
  private bodies: { version: number; readonly kept: Map<string, Body> } = { version: -1, kept: new Map() };

  constructor(
    private readonly store: RegistryStore,
    private readonly clock: Clock,
  ) {}

  answer(request: EurekaRequest): EurekaAnswer {
    const { path, method, form } = request;
    if (method === 'GET' && path[0] !== 'status' && !this.store.isReady) return NOT_READY;
    const [kind, ...rest] = path;
    const read = method === 'GET';
    if (kind === 'apps' && rest[0] === 'delta' && rest.length === 1) return read ? this.delta(form) : NOT_ALLOWED;
    if (kind === 'apps') return this.apps(request, rest);
    if (kind === 'instances' && rest.length === 1) return read ? this.byId(rest[0] ?? '', form) : NOT_ALLOWED;
    if (kind === 'vips' && rest.length === 1) return read ? this.byVip(rest[0] ?? '', 'vip', form) : NOT_ALLOWED;
    if (kind === 'svips' && rest.length === 1) return read ? this.byVip(rest[0] ?? '', 'svip', form) : NOT_ALLOWED;
    if (kind === 'peerreplication' && rest[0] === 'batch') return method === 'POST' ? this.batch(request) : NOT_ALLOWED;
    if (kind === 'status' && rest.length === 0) return read ? this.status() : NOT_ALLOWED;
    return NOT_FOUND;
  }

  private apps(request: EurekaRequest, [app, id, what]: readonly string[]): EurekaAnswer {
    const { method, form, query } = request;
    if (app === undefined || app === '') return method === 'GET' ? this.all(form) : NOT_ALLOWED;
    if (id === undefined) {
      if (method === 'GET') return this.application(app, form);
      return method === 'POST' ? this.register(request, app) : NOT_ALLOWED;
    }
    const key = keyOf({ app: app.toUpperCase(), id });
    const replica = request.replication;
    if (what === undefined) {
      if (method === 'GET') return found(this.store.entry(key), form);
      if (method === 'PUT') return this.renew(key, query, request);
      return method === 'DELETE' ? done(this.store.cancel(key, { replica })) : NOT_ALLOWED;
    }
    if (what === 'status') return this.override(key, request);
    if (what !== 'metadata') return NOT_FOUND;
    if (method !== 'PUT') return NOT_ALLOWED;
    return done(this.store.annotate(key, Object.fromEntries(query)));
  }

  private all(form: Form): EurekaAnswer {
    return {
      status: 200,
      body: this.kept(`apps ${form.json} ${form.compact}`, () => {
        const entries = [...this.store.entries];
        const infos = entries.map((entry) => infoOf(entry, 'ADDED'));
        return applicationsBody(infos, '1', appsHash(entries), form);
      }),
    };
  }

  /** What has changed lately; it depends on the time too, and isn't kept. */
  private delta(form: Form): EurekaAnswer {
    const hash = appsHash(this.store.entries);
    return { status: 200, body: applicationsBody(recentInfos(this.store), String(this.store.version), hash, form) };
  }

  private application(app: string, form: Form): EurekaAnswer {
    const name = app.toUpperCase();
    const entries = [...this.store.entries].filter(({ instance }) => instance.app === name);
    return entries.length === 0 ? NOT_FOUND : { status: 200, body: applicationBody(name, entries, form) };
  }

  private byId(id: string, form: Form): EurekaAnswer {
    return found(
      [...this.store.entries].find(({ instance }) => instance.id === id),
      form,
    );
  }

  private byVip(wanted: string, field: 'vip' | 'svip', form: Form): EurekaAnswer {
    const entries = [...this.store.entries].filter(({ instance }) => instance[field].split(',').includes(wanted));
    if (entries.length === 0) return NOT_FOUND;
    const infos = entries.map((entry) => infoOf(entry, 'ADDED'));
    return { status: 200, body: applicationsBody(infos, '-1', appsHash(entries), form) };
  }

  private register({ body, xml, replication }: EurekaRequest, app: string): EurekaAnswer {
    let said: unknown;
    try {
      const read = xml ? readXml(body) : readJson(body);
      said = isRecord(read) ? read['instance'] : undefined;
    } catch (error) {
      return fault(error);
    }
    const instance = readInfo(said, app, this.clock.wall());
    return instance instanceof InfoFault ? invalid(instance.message) : this.take(instance, replication);
  }

  private take(instance: Instance, replica: boolean): EurekaAnswer {
    try {
      this.store.register(instance, replica);
      return NO_CONTENT;
    } catch (error) {
      return fault(error);
    }
  }

  /** 404 makes a client register again: it is unknown here, or has changed since it registered. */
  private renew(key: string, query: URLSearchParams, { replication, form }: EurekaRequest): EurekaAnswer {
    const entry = this.store.entry(key);
    if (entry === undefined) return NOT_FOUND;
    const dirty = timeOf(query.get('lastDirtyTimestamp'));
    if (dirty !== undefined && dirty > entry.instance.dirty) return NOT_FOUND;
    this.store.renew(key, { replica: replication });
    if (replication && dirty !== undefined && dirty < entry.instance.dirty) {
      return { status: 409, body: instanceBody(entry, form) };
    }
    return OK;
  }

  private override(key: string, { method, query, replication: replica }: EurekaRequest): EurekaAnswer {
    const value = query.get('value');
    const dirty = timeOf(query.get('lastDirtyTimestamp'));
    if (method === 'PUT') {
      if (value === null || value === '') return invalid('say which status: ?value=OUT_OF_SERVICE');
      return done(this.store.override(key, statusNamed(value, 'UNKNOWN'), { replica, dirty }));
    }
    if (method !== 'DELETE') return NOT_ALLOWED;
    if (!this.store.override(key, 'UNKNOWN', { replica, dirty })) return NOT_FOUND;
    if (value !== null && value !== '') this.store.restate(key, statusNamed(value, 'UNKNOWN'), { replica });
    return OK;
  }

  private batch({ body, form }: EurekaRequest): EurekaAnswer {
    let list: unknown;
    try {
      const read = readJson(body);
      list = isRecord(read) ? read['replicationList'] : undefined;
    } catch (error) {
      return fault(error);
    }
    if (!Array.isArray(list)) return invalid('there is no replicationList');
    if (list.length > MOST_REPLICATED) return invalid(`replicationList has more than ${MOST_REPLICATED} items`);
    const responseList = list.map((each: unknown) => this.replicate(isRecord(each) ? each : {}, form));
    return { status: 200, body: { type: 'application/json', text: JSON.stringify({ responseList }) } };
  }

  private replicate(item: Info, form: Form): Info {
    const [app, id] = [String(item['appName'] ?? '').toUpperCase(), String(item['id'] ?? '')];
    const key = keyOf({ app, id });
    const dirty = timeOf(item['lastDirtyTimestamp']);
    const said = { replica: true, dirty };
    const status = statusNamed(item['overriddenStatus'] ?? item['status'], 'UNKNOWN');
    switch (item['action']) {
      case 'Register': {
        const instance = readInfo(item['instanceInfo'], app, this.clock.wall());
        return { statusCode: instance instanceof InfoFault ? 400 : asReplica(this.take(instance, true).status) };
      }
      case 'Heartbeat': {
        const query = new URLSearchParams(dirty === undefined ? {} : { lastDirtyTimestamp: String(dirty) });
        const request = { method: 'PUT', path: [], query, form, xml: false, body: '', replication: true };
        const { status: statusCode } = this.renew(key, query, request);
        const entry = this.store.entry(key);
        if (statusCode !== 409 || entry === undefined) return { statusCode };
        return { statusCode, responseEntity: infoOf(entry, 'ADDED') };
      }
      case 'Cancel':
        return { statusCode: done(this.store.cancel(key, said)).status };
      case 'StatusUpdate':
        return { statusCode: done(this.store.override(key, statusNamed(item['status'], status), said)).status };
      case 'DeleteStatusOverride':
        return { statusCode: done(this.store.override(key, 'UNKNOWN', said)).status };
      default:
        return { statusCode: 400 };
    }
  }

  private status(): EurekaAnswer {
    const general = {
      'num-instances': String(this.store.size),
      'self-preservation': String(this.store.isPreserving),
      version: String(this.store.version),
    };
    const text = JSON.stringify({ generalStats: general, applicationStats: {}, isHealthy: true });
    return { status: 200, body: { type: 'application/json', text } };
  }

  /** Made once for each version of the store, however many ask. */
  private kept(name: string, make: () => Body): Body {
    if (this.bodies.version !== this.store.version) this.bodies = { version: this.store.version, kept: new Map() };
    const known = this.bodies.kept.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.bodies.kept.set(name, made);
    return made;
  }
}

const OK: EurekaAnswer = { status: 200 };
const NO_CONTENT: EurekaAnswer = { status: 204 };
/** It has not caught up with its peers yet: clients ask another server. */
const NOT_READY: EurekaAnswer = { status: 503 };
/** With nothing in it: the Java client fails on a body here. */
const NOT_FOUND: EurekaAnswer = { status: 404 };
const NOT_ALLOWED: EurekaAnswer = { status: 405 };

function found(entry: Entry | undefined, form: Form): EurekaAnswer {
  return entry === undefined ? NOT_FOUND : { status: 200, body: instanceBody(entry, form) };
}

function done(known: boolean): EurekaAnswer {
  return known ? OK : NOT_FOUND;
}

function asReplica(status: number): number {
  return status === 204 ? 200 : status;
}

function invalid(why: string): EurekaAnswer {
  return { status: 400, body: { type: 'application/json', text: JSON.stringify({ error: why }) } };
}

function fault(error: unknown): EurekaAnswer {
  const known: MeshError | undefined = isMeshError(error) ? error : undefined;
  if (known === undefined || known.tag === 'Defect') throw error;
  return { ...invalid(known.message), status: known.tag === 'Unknown' ? 404 : known.httpStatus };
}
