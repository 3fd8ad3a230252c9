/** What a side does with the requests of its peer: subscribes what the service answers, by the rules of each model. */
import { from, isObservable, type Observable, type ObservableInput, Subscriber } from 'rxjs';
import {
  type Call,
  fromIterable,
  type Interaction,
  type Metadata,
  type Overflow,
  replyPlace,
} from '../../framework/index.js';
import { ChannelInlet } from './channel-inlet.js';
import type { Engine, Request } from './engine.js';
import type { Payload } from './payload.js';
import { FrameType } from './protocol.js';
import { RequestAssembly } from './request-assembly.js';
import { ResponseResponder, StreamResponder } from './responder.js';
import type { StreamState } from './stream.js';
import type { WireRequest, WireService } from './wire-service.js';

export class Answers {
  /** Fire-and-forgets whose handlers are at work. */
  private notifying = 0;

  constructor(
    private readonly engine: Engine,
    private readonly service: WireService,
    private readonly overflow: Overflow | undefined,
  ) {}

  assemble(request: Request): StreamState {
    return new RequestAssembly(this.engine, request.id, (item, complete, extra) => {
      this.request({ ...request, item, complete, n: request.n + extra });
      if (request.type === FrameType.REQUEST_FNF) this.engine.forget(request.id);
    });
  }

  request(request: Request): void {
    const { type, item } = request;
    if (type === FrameType.REQUEST_RESPONSE) this.response(request.id, item);
    else if (type === FrameType.REQUEST_FNF) this.notify(item);
    else if (type === FrameType.REQUEST_STREAM) this.stream(request);
    else this.channel(request);
  }

  private response(id: number, item: Payload): void {
    const call = callFor('response', item);
    const responder = new ResponseResponder(this.engine, id, call);
    this.engine.adopt(id, responder);
    this.subscribe(call, responder);
  }

  private stream({ id, n, item }: Request): void {
    const call = callFor('stream', item);
    const responder = new StreamResponder(this.engine, id, call, this.overflow);
    this.engine.adopt(id, responder);
    this.subscribe(call, responder.outlet.sink);
    responder.requested(n);
  }

  private channel({ id, n, item, complete }: Request): void {
    const inlet = new ChannelInlet(this.engine, id, item, complete);
    const call = callFor('channel', inlet.items);
    const responder = new StreamResponder(this.engine, id, call, this.overflow, inlet);
    this.engine.adopt(id, responder);
    this.subscribe(call, responder.outlet.sink);
    responder.requested(n);
  }

  /** Best effort, as the protocol has it: no more at once than streams may be open, and an error reaches nobody. */
  private notify(item: Payload): void {
    if (this.notifying >= this.engine.limits.streams) return;
    this.notifying += 1;
    const over = new Subscriber<Payload>({ next: () => undefined, error: () => undefined, complete: () => undefined });
    over.add(() => (this.notifying -= 1));
    this.subscribe(callFor('notify', item), over);
  }

  private subscribe(call: Call<WireRequest>, to: Subscriber<Payload>): void {
    try {
      observableOf(this.service(call)).subscribe(to);
    } catch (error) {
      to.error(error);
    }
  }
}

/** What a service answers, if it is not an Observable after all: JavaScript has no types, and an async generator is a good answer. */
function observableOf(answer: ObservableInput<Payload>): Observable<Payload> {
  if (isObservable(answer)) return answer;
  const many = typeof answer === 'object' && (Symbol.asyncIterator in answer || Symbol.iterator in answer);
  return many ? fromIterable(answer as Iterable<Payload> | AsyncIterable<Payload>) : from(answer);
}

/** As `callOf` makes it, without the second object: this is on the way of every request. */
function callFor(interaction: Interaction, request: WireRequest): Call<WireRequest> {
  return {
    interaction,
    method: '',
    request,
    metadata: NOTHING,
    deadline: Infinity,
    priority: 'default',
    trace: undefined,
    baggage: NOTHING,
    idempotencyKey: undefined,
    reply: replyPlace(),
  };
}

const NOTHING: Metadata = new Map();
