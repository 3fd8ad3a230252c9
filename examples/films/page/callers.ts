/** Where the page's calls go: home and the supervisor, over RSocket, dialled again when a connection has ended. */
import { clientOf } from 'millrace';
import { rsocket, websocket } from 'millrace/rsocket';
import { Home, Supervisor } from '../contracts.js';

const { home = '', supervisor = '' } = document.documentElement.dataset;

// As the services have it, service.ts.
const dial = rsocket({ limits: { window: 64 } });

export const atHome = clientOf(Home, dial(websocket({ url: home })));
export const atSupervisor = clientOf(Supervisor, dial(websocket({ url: supervisor })));

/** Who this page is to the services. */
export const READER = crypto.randomUUID();
document.documentElement.dataset['reader'] = READER;
