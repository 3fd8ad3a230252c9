/** What answers the calls on a connection, at the level of the wire: payloads, their metadata unread. */
import type { Observable } from 'rxjs';
import type { Service } from '../../framework/index.js';
import type { Payload } from './payload.js';

/** A payload, or for a channel the payloads that the requester sends. */
export type WireRequest = Payload | Observable<Payload>;

/** `call.interaction` says which model is meant; `call.method` is empty, since the route is in the payload's metadata. */
export type WireService = Service<WireRequest, Payload>;
