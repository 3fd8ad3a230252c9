/** What answers the calls on a connection, at the level of the wire: payloads with their metadata. */
import type { Observable } from 'rxjs';
import type { Service } from '../../framework/kernel.js';
import type { Payload } from './payload.js';

/** A payload, or for a channel the payloads that the requester sends. */
export type WireRequest = Payload | Observable<Payload>;

/**
 * `call.interaction` says which model is meant. What the metadata says of the call in the usual entries (route, trace, and what
 * a Millrace peer adds) is in the call; `call.method` is empty where there is no route.
 */
export type WireService = Service<WireRequest, Payload>;
