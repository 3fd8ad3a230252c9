/** The MUST lines of the SETUP and ERROR frames. */

import { expect } from 'chai';
import { isMeshError, meshError } from 'millrace';
import { connect, payload, type Setup, tcp, type WireService } from 'millrace/rsocket';
import { concat, type Observable, of, Subject } from 'rxjs';
import { anError, aPayload, expectEcho, expectRefusal, named } from '../rsocket/expectations.js';
import {
  ErrorCode,
  type ErrorFrame,
  errorFrame,
  rawFrame,
  responseFrame,
  resumeFrame,
  setupFrame,
  type SetupFields,
} from '../rsocket/raw-frame.js';
import { listenRaw } from '../rsocket/raw-peer.js';
import { stage, trips } from './stage.js';

describe('the MUST lines about SETUP and ERROR', () => {
  const { watch, serve, next } = stage();

  /** What our client says first. */
  async function firstWords(options: Parameters<typeof connect>[1] = {}) {
    const listener = await listenRaw('tcp');
    watch.after(listener.close);
    const client = await connect(tcp({ port: listener.port }), options);
    watch.after(() => client.close().subscribe());
    return (await next(listener)).expectFrame(named('SETUP'));
  }

  /** ERROR of this code, on which stream it came. */
  async function refusalOf(setup: SetupFields, code: keyof typeof ErrorCode): Promise<ErrorFrame> {
    const { setUp } = await serve();
    const peer = await setUp(setup);
    return peer.expectFrame(anError(undefined, code));
  }

  it('MUST-19: SETUP is on stream 0', async () => {
    expect((await firstWords()).streamId).to.equal(0);
  });

  it('MUST-20: MIME types are handed over as they came, whatever they say', async () => {
    let said: Setup | undefined;
    const { setUp } = await serve({ accept: (setup) => void (said = setup) });
    const types = { metadataMimeType: 'No/Such;TYPE', dataMimeType: 'not a MIME type' };
    await expectEcho(await setUp(types), 1);
    expect(said).to.include(types);
  });

  it('MUST-21: the interval of KEEPALIVE is more than 0', () => moreThanNothing('keepAlive'));
  it('MUST-22: the lifetime is more than 0', () => moreThanNothing('lifetime'));

  async function moreThanNothing(time: 'keepAlive' | 'lifetime'): Promise<void> {
    const { silent, port } = await serve();
    const peer = await silent();
    await peer.send(setupFrame({ [time]: 0 }));
    await expectRefusal(peer, 'INVALID_SETUP');
    const failure: unknown = await connect(tcp({ port }), { [time]: 0 }).catch((error: unknown) => error);
    expect(isMeshError(failure) && failure.tag).to.equal('Invalid');
    expect((await firstWords({ [time]: 1 }))[time]).to.equal(1);
  }

  it('MUST-23: MIME types have no NUL at their end', async () => {
    const types = { metadataMimeType: 'text/x.metadata', dataMimeType: 'text/x.data' };
    expect(await firstWords({ setup: types })).to.include(types);
  });

  it('MUST-24: a SETUP that asks to be resumed is refused where nothing is', async () => {
    const { setUp } = await serve();
    await expectRefusal(await setUp({ token: 'token' }), 'REJECTED_SETUP');
  });

  it('MUST-25: the text of an error has no NUL at its end', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(responseFrame(1, 'fail Failed'));
    expect((await peer.expectFrame(anError(1))).message).to.equal('as asked');
    await peer.send(rawFrame(0, 0x2a, 0));
    expect((await expectRefusal(peer, 'CONNECTION_ERROR')).message).to.equal('frame type 0x2a is not known');
  });

  it('MUST-26: ERROR INVALID_SETUP is on stream 0', async () => {
    expect((await refusalOf({ lifetime: 0 }, 'INVALID_SETUP')).streamId).to.equal(0);
  });

  it('MUST-27: ERROR UNSUPPORTED_SETUP is on stream 0', async () => {
    expect((await refusalOf({ major: 2 }, 'UNSUPPORTED_SETUP')).streamId).to.equal(0);
  });

  it('MUST-28: ERROR REJECTED_SETUP is on stream 0', async () => {
    const { setUp } = await serve({
      accept: () => {
        throw meshError('Denied', 'not you');
      },
    });
    const peer = await setUp();
    expect((await peer.expectFrame(anError(undefined, 'REJECTED_SETUP'))).streamId).to.equal(0);
  });

  it('MUST-29: ERROR REJECTED_RESUME is on stream 0', async () => {
    const { silent } = await serve({ resume: true });
    const peer = await silent();
    await peer.send(resumeFrame('nobody'));
    expect((await peer.expectFrame(anError(undefined, 'REJECTED_RESUME'))).streamId).to.equal(0);
  });

  it('MUST-30: ERROR CONNECTION_ERROR is on stream 0', async () => {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(rawFrame(5, 0x2a, 0));
    expect((await peer.expectFrame(anError(undefined, 'CONNECTION_ERROR'))).streamId).to.equal(0);
  });

  it('MUST-31: who says CONNECTION_CLOSE, on stream 0, waits for the streams that are open', async () => {
    const pending = new Subject<never>();
    const { setUp, close } = await serve({ grace: '1 min', service: answerAfter(pending) });
    const peer = await setUp();
    await peer.send(responseFrame(1, 'x'));
    await trips(peer);
    const closed = close();
    await trips(peer);
    pending.complete();
    await peer.expectFrame(aPayload(1));
    expect((await peer.expectFrame(anError(undefined, 'CONNECTION_CLOSE'))).streamId).to.equal(0);
    await peer.expectClosed();
    await closed;
  });

  it('MUST-31: who hears CONNECTION_CLOSE waits for the streams that are open', async () => {
    const pending = new Subject<never>();
    const { setUp } = await serve({ service: answerAfter(pending) });
    const peer = await setUp();
    await peer.send(responseFrame(1, 'x'), errorFrame(0, ErrorCode.CONNECTION_CLOSE, 'closing'));
    await trips(peer);
    pending.complete();
    await peer.expectFrame(aPayload(1));
    await peer.expectClosed();
  });

  /** Answers once `pending` has ended. */
  function answerAfter(pending: Observable<never>): WireService {
    return () => concat(pending, of(payload('at last')));
  }

  it('MUST-32: ERROR APPLICATION_ERROR is on its stream', () => onItsStream('APPLICATION_ERROR', 'Failed'));
  it('MUST-33: ERROR REJECTED is on its stream', () => onItsStream('REJECTED', 'Rejected'));
  it('MUST-34: ERROR CANCELED is on its stream', () => onItsStream('CANCELED', 'Canceled'));
  it('MUST-35: ERROR INVALID is on its stream', () => onItsStream('INVALID', 'Invalid'));

  async function onItsStream(code: keyof typeof ErrorCode, tag: string): Promise<void> {
    const { setUp } = await serve();
    const peer = await setUp();
    await peer.send(responseFrame(1, `fail ${tag}`));
    expect((await peer.expectFrame(anError(undefined, code))).streamId).to.equal(1);
  }
});
