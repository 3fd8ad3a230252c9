import { expect } from 'chai';
import { EMPTY, of, tap } from 'rxjs';
import { callOf, count, duration, isMeshError, lift, param, Params, type Role, Stack } from 'millrace';
import { virtualClock } from 'millrace/testing';
import { limiter, logged, within } from './policies.js';

const role = (name: string, more: Partial<Role> = {}): Role => ({
  name,
  about: `what ${name} does`,
  params: [],
  make: () => ({ filter: (next) => next }),
  ...more,
});

describe('a stack', () => {
  const [retry, balance, wire] = [
    role('retry', { above: ['balance'] }),
    role('balance', { below: ['retry'] }),
    role('wire'),
  ];
  const stack = new Stack([retry, balance, wire]);

  it('prints its roles in order with what they do', () => {
    expect(String(stack)).to.equal('retry    what retry does\nbalance  what balance does\nwire     what wire does');
    expect(String(new Stack([]))).to.equal('');
  });

  const refused: readonly (readonly [string, RegExp, () => Stack])[] = [
    [
      'a role above one that it must stand below',
      /retry must stand above balance/,
      () => new Stack([role('balance'), retry]),
    ],
    [
      'a role below one that it must stand above, said by the other',
      /late must stand below early/,
      () => new Stack([role('late', { below: ['early'] }), role('early')]),
    ],
    ['a role twice', /wire stands in the stack twice/, () => new Stack([wire, retry, wire])],
    [
      'to replace a role that is not there',
      /no role cache in the stack; there are retry, balance, wire/,
      () => stack.replace('cache', role('cache')),
    ],
    ['to leave out a role that is not there', /no role cache/, () => stack.without('cache')],
    ['to put a role before one that is not there', /no role cache/, () => stack.before('cache', role('x'))],
    ['to put a role after one that is not there', /no role cache/, () => stack.after('cache', role('x'))],
    [
      'to put a role in a wrong place',
      /hedge must stand above retry/,
      () => stack.after('retry', role('hedge', { above: ['retry'] })),
    ],
    ['to put a role in twice', /wire stands in the stack twice/, () => stack.before('retry', wire)],
  ];
  for (const [what, message, make] of refused) {
    it(`refuses ${what}`, () => {
      let error: unknown;
      try {
        make();
      } catch (thrown) {
        error = thrown;
      }
      expect(isMeshError(error, 'Invalid')).to.equal(true);
      expect(error).to.have.property('code', 'MILLRACE_STACK');
      expect(String(error)).to.match(message);
    });
  }

  it('does not mind a neighbour that is not there', () => {
    expect(names(new Stack([role('a', { above: ['gone'], below: ['gone too'] })]))).to.deep.equal(['a']);
  });

  it('is changed by making another', () => {
    const other = role('other');
    expect(names(stack.before('balance', other))).to.deep.equal(['retry', 'other', 'balance', 'wire']);
    expect(names(stack.after('wire', other))).to.deep.equal(['retry', 'balance', 'wire', 'other']);
    expect(names(stack.replace('wire', other))).to.deep.equal(['retry', 'balance', 'other']);
    expect(names(stack.without('balance'))).to.deep.equal(['retry', 'wire']);
    expect(names(stack)).to.deep.equal(['retry', 'balance', 'wire']);
  });

  it('makes one filter of policies and filters, outermost first', () => {
    const log: string[] = [];
    const say = (line: string): Role =>
      role(line, { make: () => ({ filter: lift(() => tap({ subscribe: () => log.push(`${line} subscribed`) })) }) });
    const decide = (name: string): Role => role(name, { make: () => ({ policy: logged(name, log) }) });
    const made = new Stack([decide('a'), decide('b'), say('filter'), decide('c')]).make(Params.empty);
    made(() => EMPTY)(callOf({ interaction: 'stream', request: 0 })).subscribe();
    expect(log).to.deep.equal([
      ...['a admit', 'b admit', 'filter subscribed', 'c admit'],
      ...['c complete', 'b complete', 'a complete'],
    ]);
  });

  it('gives its roles the params, and its policies the clock', async () => {
    const patience = param('test.patience', 10, duration, '');
    const most = param('test.most', 5, count, '');
    const clock = virtualClock();
    const made = new Stack([
      role('limit', { make: (params) => ({ policy: limiter(params.get(most)) }) }),
      role('timeout', { make: (params) => ({ policy: within(params.get(patience)) }) }),
    ]);
    const ends = (params: Params): string[] => {
      const seen: string[] = [];
      const answer = made.make(params, clock)<number, never>(() => tap<never>()(of<never>()))(
        callOf({ interaction: 'stream', request: 0 }),
      );
      answer.subscribe({ error: (error) => seen.push(error.tag), complete: () => seen.push('complete') });
      return seen;
    };
    expect(ends(Params.empty)).to.deep.equal(['complete']);
    expect(ends(Params.empty.with(most, 0))).to.deep.equal(['Rejected']);
    expect(clock.pending).to.equal(0);
  });
});

function names(stack: Stack): readonly string[] {
  return stack.roles.map(({ name }) => name);
}
