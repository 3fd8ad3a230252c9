/** What a side does with the requests of its peer: subscribes what the service answers, by the rules of each model. */
import { Subscriber } from 'rxjs';
import { type Call, type Interaction, observableOf, type Overflow, replyPlace } from '../../framework/kernel.js';
import { ChannelInlet } from './channel-inlet.js';
import { COMPOSITE } from './composite.js';
import type { Engine } from './engine.js';
import type { Request } from './engine-options.js';
import { NO_ENVELOPE, readEnvelope } from './envelope.js';
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
    /** What the metadata of the peer's requests is, as its SETUP says; the answering side of a client reads composite metadata. */
    private readonly metadataType = COMPOSITE,
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
    const call = this.callFor('response', item, item);
    const responder = new ResponseResponder(this.engine, id, call);
    this.engine.adopt(id, responder);
    this.subscribe(call, responder);
  }

  private stream({ id, n, item }: Request): void {
    const call = this.callFor('stream', item, item);
    const responder = new StreamResponder(this.engine, id, call, this.overflow);
    this.engine.adopt(id, responder);
    this.subscribe(call, responder.outlet.sink);
    responder.requested(n);
  }

  private channel({ id, n, item, complete }: Request): void {
    const inlet = new ChannelInlet(this.engine, id, item, complete);
    const call = this.callFor('channel', item, inlet.items);
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
    this.subscribe(this.callFor('notify', item, item), over);
  }

  private subscribe(call: Call<WireRequest>, to: Subscriber<Payload>): void {
    try {
      observableOf(this.service(call)).subscribe(to);
    } catch (error) {
      to.error(error);
    }
  }

  /** The call that a request, of which `first` is the first message, asks for. */
  private callFor(interaction: Interaction, first: Payload, request: WireRequest): Call<WireRequest> {
    const { metadata } = first;
    const said = metadata === undefined ? NO_ENVELOPE : readEnvelope(metadata, this.metadataType, this.engine.clock);
    return {
      interaction,
      method: said.method,
      request,
      metadata: said.metadata,
      deadline: said.deadline,
      priority: said.priority,
      trace: said.trace,
      baggage: said.baggage,
      idempotencyKey: said.idempotencyKey,
      reply: replyPlace(),
    };
  }
}
