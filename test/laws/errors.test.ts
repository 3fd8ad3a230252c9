import { expect } from 'chai';
import { asMeshError, ERRORS, errorOf, type ErrorTag, isMeshError, MeshError, meshError, reportOf } from 'millrace';

const tags = Object.keys(ERRORS) as ErrorTag[];

describe('errors', () => {
  it('are one closed table', () => {
    expect(
      Object.fromEntries(
        tags.map((tag) => [tag, [ERRORS[tag].retry, ERRORS[tag].rsocket, ERRORS[tag].http, ERRORS[tag].grpc]]),
      ),
    ).to.deep.equal({
      Rejected: ['elsewhere', 0x202, 503, 'UNAVAILABLE'],
      Quota: ['same', 0x202, 429, 'RESOURCE_EXHAUSTED'],
      Unavailable: ['elsewhere', 0x202, 503, 'UNAVAILABLE'],
      Broken: ['idempotent', 0x201, 502, 'UNAVAILABLE'],
      Slow: ['idempotent', 0x203, 504, 'DEADLINE_EXCEEDED'],
      Late: ['never', 0x203, 504, 'DEADLINE_EXCEEDED'],
      Canceled: ['never', 0x203, 499, 'CANCELLED'],
      Invalid: ['never', 0x204, 400, 'INVALID_ARGUMENT'],
      Unknown: ['never', 0x204, 404, 'UNIMPLEMENTED'],
      Unauthenticated: ['never', 0x202, 401, 'UNAUTHENTICATED'],
      Denied: ['never', 0x202, 403, 'PERMISSION_DENIED'],
      Overrun: ['never', 0x201, 500, 'RESOURCE_EXHAUSTED'],
      Failed: ['never', 0x201, 500, 'UNKNOWN'],
      Defect: ['never', 0x201, 500, 'INTERNAL'],
    });
  });

  for (const tag of tags) {
    it(`of tag ${tag} say what the table says`, () => {
      const { retry, rsocket, http } = ERRORS[tag];
      expect(new MeshError(tag, 'what')).to.include({
        name: 'MeshError',
        tag,
        message: 'what',
        retry,
        rsocketCode: rsocket,
        httpStatus: http,
        code: `MILLRACE_${tag.toUpperCase()}`,
        after: undefined,
      });
      expect(isMeshError(meshError(tag, ''), tag)).to.equal(true);
    });
  }

  it('say otherwise where they are told to', () => {
    const details = { code: 'SOLD_OUT', retry: 'same', after: 50, httpStatus: 409, rsocketCode: 0x301 } as const;
    const cause = new Error('cause');
    const error = meshError('Failed', 'sold out', { ...details, cause });
    expect(error).to.include({ ...details, cause });
  });

  it('carry a stack only where made with new', () => {
    expect(meshError('Rejected', 'expected').stack?.split('\n')).to.have.length(1);
    expect(new MeshError('Rejected', 'noticed').stack?.split('\n')).to.have.length.greaterThan(1);
    expect(Error.stackTraceLimit).to.be.greaterThan(0);
  });

  it('are recognised across copies of the package, by name and tag', () => {
    const copy = Object.assign(new Error('from another copy'), { name: 'MeshError', tag: 'Slow' });
    expect(isMeshError(copy)).to.equal(true);
    expect(isMeshError(copy, 'Slow')).to.equal(true);
    expect(isMeshError(copy, 'Late')).to.equal(false);
    expect(asMeshError(copy)).to.equal(copy);
  });

  for (const other of [
    undefined,
    null,
    'Slow',
    new Error('plain'),
    { tag: 'Slow' },
    { name: 'MeshError' },
    { name: 'MeshError', tag: 'Sleepy' },
    { name: 'MeshError', tag: 7 },
    { name: 'MeshError', tag: 'toString' },
    { name: 'MeshError', tag: 'constructor' },
  ]) {
    it(`are not ${JSON.stringify(other) ?? 'undefined'}${other instanceof Error ? ' (an Error)' : ''}`, () => {
      expect(isMeshError(other)).to.equal(false);
    });
  }

  it('that are something else become Defects with it as their cause', () => {
    const plain = new TypeError('x is not a function');
    expect(asMeshError(plain)).to.include({ tag: 'Defect', message: 'x is not a function', cause: plain });
    expect(asMeshError('text')).to.include({ tag: 'Defect', message: 'text', cause: 'text' });
    expect(asMeshError(undefined)).to.include({ tag: 'Defect', cause: undefined });
  });
});

describe('error reports', () => {
  for (const tag of tags.filter((each) => each !== 'Defect')) {
    it(`bring ${tag} across`, () => {
      const sent = meshError(tag, 'what', {
        after: 5,
        code: 'CODE',
        httpStatus: 418,
        rsocketCode: 0x305,
        retry: 'same',
      });
      const got = errorOf(JSON.parse(JSON.stringify(reportOf(sent))));
      expect(got).to.include({
        ...{ tag, message: 'what', after: 5, code: 'CODE', httpStatus: 418, rsocketCode: 0x305, retry: 'same' },
      });
    });
  }

  it('say nothing that the table says already', () => {
    expect(reportOf(meshError('Slow', 'what'))).to.deep.equal({ tag: 'Slow', message: 'what' });
  });

  it('keep the message of a bug inside', () => {
    for (const bug of [new Error('secret'), meshError('Defect', 'secret', { cause: new Error('secret') }), 'secret']) {
      expect(JSON.stringify(reportOf(bug))).to.not.include('secret');
      expect(errorOf(reportOf(bug))).to.include({ tag: 'Defect' });
    }
    expect(JSON.stringify(reportOf(meshError('Slow', 'said', { cause: new Error('secret') })))).to.not.include(
      'secret',
    );
    expect(
      JSON.stringify(reportOf(meshError('Slow', 'said', { cause: meshError('Defect', 'secret') }))),
    ).to.not.include('secret');
  });

  it('bring the chain of causes across, cut where it is too deep', () => {
    let error = meshError('Slow', 'cause 0');
    for (let n = 1; n < 20; n++) error = meshError('Broken', `cause ${n}`, { cause: error });
    const messages: string[] = [];
    for (
      let got = errorOf(JSON.parse(JSON.stringify(reportOf(error))));
      got !== undefined;
      got = got.cause as typeof got
    ) {
      messages.push(got.message);
    }
    expect(messages).to.deep.equal([19, 18, 17, 16, 15, 14, 13, 12].map((n) => `cause ${n}`));
  });

  it('bound the length of texts on both sides', () => {
    const long = 'x'.repeat(5000);
    expect(reportOf(meshError('Slow', long, { code: long })))
      .to.have.property('message')
      .with.length(1024);
    const got = errorOf({ tag: 'Slow', message: long, code: long });
    expect([got?.message.length, got?.code.length]).to.deep.equal([1024, 1024]);
  });

  it('cut a circle of causes', () => {
    const circle: Record<string, unknown> = { tag: 'Slow', message: 'round' };
    circle['cause'] = circle;
    let depth = 0;
    for (let got = errorOf(circle); got !== undefined; got = got.cause as typeof got) depth += 1;
    expect(depth).to.equal(8);
  });

  for (const hostile of [
    undefined,
    null,
    7,
    'Slow',
    [],
    {},
    { tag: 'Slow' },
    { message: 'no tag' },
    { tag: 'Sleepy', message: '' },
    { tag: '__proto__', message: '' },
    { tag: 'toString', message: '' },
    { tag: ['Slow'], message: '' },
    { tag: 'Slow', message: { toString: 'x' } },
  ]) {
    it(`are not ${JSON.stringify(hostile) ?? 'undefined'}`, () => {
      expect(errorOf(hostile)).to.equal(undefined);
    });
  }

  it('are not believed field by field', () => {
    const wrong: Record<string, unknown> = JSON.parse(
      '{"tag":"Slow","message":"m","retry":"always","after":-1,"httpStatus":"200","rsocketCode":null,"code":5,"cause":{"tag":"Nope","message":""},"__proto__":{"stack":"x"}}',
    );
    const error = errorOf(wrong);
    expect(error).to.include({
      retry: 'idempotent',
      after: undefined,
      httpStatus: 504,
      rsocketCode: 0x203,
      code: 'MILLRACE_SLOW',
    });
    expect(error?.cause).to.equal(undefined);
    expect(errorOf({ tag: 'Slow', message: '', after: Infinity })?.after).to.equal(undefined);
    expect(errorOf({ tag: 'Slow', message: '', after: NaN })?.after).to.equal(undefined);
  });
});
