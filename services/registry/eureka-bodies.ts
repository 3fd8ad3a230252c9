/** What Eureka's REST API answers with, in the two formats and two lengths in which clients ask for it. */
import { compactOf, type Info, infoOf, shownStatus } from './eureka-info.js';
import { writeXml } from './eureka-xml.js';
import type { Change } from './journal.js';
import type { Entry, RegistryStore } from './store.js';

/** How a client wants to be answered. */
export interface Form {
  readonly json: boolean;
  readonly compact: boolean;
}

export interface Body {
  readonly type: string;
  readonly text: string;
}

/** One instance. */
export function instanceBody(entry: Entry, form: Form): Body {
  return bodyOf('instance', shortened(infoOf(entry, 'ADDED'), form), form);
}

/** All instances of one application. */
export function applicationBody(app: string, entries: readonly Entry[], form: Form): Body {
  return bodyOf(
    'application',
    applicationOf(
      app,
      entries.map((entry) => infoOf(entry, 'ADDED')),
      form,
    ),
    form,
  );
}

/** Applications, with the hash of `all` that a client has then. */
export function applicationsBody(infos: readonly Info[], version: string, hash: string, form: Form): Body {
  const byApp = new Map<string, Info[]>();
  for (const info of infos) {
    const app = String(info['app']);
    const some = byApp.get(app);
    if (some === undefined) byApp.set(app, [info]);
    else some.push(info);
  }
  const application = [...byApp].map(([app, some]) => applicationOf(app, some, form));
  return bodyOf(
    'applications',
    form.json
      ? { versions__delta: version, apps__hashcode: hash, application }
      : // XStream doubles the underscore; the JSON form has taken that over.
        { versions_delta: version, apps_hashcode: hash, application },
    form,
  );
}

/** Eureka's hash: how many there are of each status, `DOWN_1_UP_2_`. */
export function appsHash(entries: Iterable<Entry>): string {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const status = shownStatus(entry);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, count]) => `${status}_${count}_`)
    .join('');
}

/** What has changed lately, as the store knows it now. */
export function recentInfos(store: RegistryStore): readonly Info[] {
  return store.recent.map((change) => recentInfo(store, change));
}

/** A change has been; what is told of an instance that is still there is the present. */
function recentInfo(store: RegistryStore, { key, action, instance, wall }: Change): Info {
  const entry = action === 'DELETED' ? undefined : store.entry(key);
  if (entry !== undefined) return infoOf(entry, action);
  const times = { registered: 0, renewed: 0, evicted: wall, up: 0, updated: wall };
  return infoOf({ instance, suspect: false, times }, 'DELETED');
}

function applicationOf(name: string, infos: readonly Info[], form: Form): Info {
  return { name, instance: infos.map((info) => shortened(info, form)) };
}

function shortened(info: Info, form: Form): Info {
  return form.compact ? compactOf(info) : info;
}

function bodyOf(name: string, content: Info, { json }: Form): Body {
  if (json) return { type: 'application/json', text: JSON.stringify({ [name]: content }) };
  return { type: 'application/xml', text: writeXml(name, content) };
}
