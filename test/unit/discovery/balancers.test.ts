import { expect } from 'chai';
import {
  type Balancer,
  consistentHash,
  leastPending,
  p2c,
  roundRobin,
  split,
  sticky,
  weighted,
  zoneAware,
} from 'millrace';
import { virtualClock } from 'millrace/testing';
import { callWith, type Fake, fake, tally } from './candidates.js';

const clock = virtualClock(6);
const call = callWith();
const key = (each: { readonly metadata: ReadonlyMap<string, string> }): string | undefined => each.metadata.get('key');
const keyed = (name: string) => callWith({ metadata: new Map([['key', name]]) });

const all: readonly Balancer[] = [
  p2c(),
  roundRobin(),
  weighted(),
  leastPending(),
  consistentHash({ key }),
  sticky(p2c(), { key }),
  split(p2c(), () => []),
  zoneAware(p2c(), { zone: 'a', region: '' }),
];

for (const balancer of all) {
  describe(`${balancer.name}`, () => {
    it('chooses nobody of none', () => {
      expect(balancer.over<Fake>([], clock)(call)).to.equal(undefined);
    });

    it('chooses the only one, if it is available', () => {
      const one = fake('a');
      const pick = balancer.over([one], clock);
      expect(pick(call)).to.equal(one);
      one.available = false;
      expect(pick(call)).to.equal(undefined);
    });

    it('chooses only who is available, for as long as there is one', () => {
      const some = ['a', 'b', 'c', 'd'].map((id) => fake(id));
      const pick = balancer.over(some, clock);
      for (const each of some) each.available = each.instance.id === 'c';
      expect(tally(50, () => pick(call))).to.deep.equal({ c: 50 });
      for (const each of some) each.available = false;
      expect(pick(call)).to.equal(undefined);
    });
  });
}

describe('power of two choices', () => {
  it('gives everybody something who is as quick as the others', () => {
    const some = ['a', 'b', 'c', 'd', 'e'].map((id) => fake(id));
    const counts = tally(1000, () => p2c().over(some, clock)(call));
    for (const each of Object.values(counts)) expect(each).to.be.within(120, 280);
  });

  it('never chooses the slowest of all', () => {
    const some = [fake('a'), fake('b'), fake('slow', { slow: 200 }), fake('c')];
    expect(tally(500, () => p2c().over(some, clock)(call))).to.not.have.property('slow');
  });

  it('tries who was never measured, though not with all that comes', () => {
    const fresh = fake('new', { slow: 0 });
    const some = [fake('a'), fake('b'), fresh];
    const pick = p2c().over(some, clock);
    expect(tally(300, () => pick(call))['new']).to.be.greaterThan(50);
    fresh.pending = 3;
    expect(tally(300, () => pick(call))).to.not.have.property('new');
  });

  it('weighs the load by the share', () => {
    const some = [fake('light', { weight: 1 }), fake('heavy', { weight: 4 })];
    for (const each of some) each.pending = 2;
    expect(tally(20, () => p2c().over(some, clock)(call))).to.deep.equal({ heavy: 20 });
  });
});

describe('in turn', () => {
  it('each is as often as the others', () => {
    const pick = roundRobin().over(
      ['a', 'b', 'c'].map((id) => fake(id)),
      clock,
    );
    expect(tally(9, () => pick(call))).to.deep.equal({ a: 3, b: 3, c: 3 });
  });

  it('by weight, the turns are spread', () => {
    const pick = weighted().over([fake('a', { weight: 5 }), fake('b'), fake('c')], clock);
    const order = Array.from({ length: 7 }, () => pick(call)?.instance.id).join('');
    // nginx's own example of weights 5, 1 and 1.
    expect(order).to.equal('aabacaa');
  });
});

describe('least pending', () => {
  it('takes the one with the fewest calls for its weight', () => {
    const [a, b] = [fake('a', { weight: 1 }), fake('b', { weight: 3 })];
    const pick = leastPending().over([a, b], clock);
    [a.pending, b.pending] = [1, 4];
    expect(pick(call)).to.equal(b);
    [a.pending, b.pending] = [1, 6];
    expect(pick(call)).to.equal(a);
  });
});

describe('consistent hashing', () => {
  const names = Array.from({ length: 2000 }, (_, at) => `user-${at}`);
  const homes = (some: readonly Fake[]): (string | undefined)[] => {
    const pick = consistentHash({ key }).over(some, clock);
    return names.map((name) => pick(keyed(name))?.instance.id);
  };

  it('spreads keys, within a third or so of even', () => {
    const found = homes(['a', 'b', 'c', 'd'].map((id) => fake(id)));
    for (const id of ['a', 'b', 'c', 'd']) {
      expect(found.filter((each) => each === id).length).to.be.within(350, 650);
    }
  });

  it('moves the keys of who leaves, and no others', () => {
    const some = ['a', 'b', 'c', 'd', 'e'].map((id) => fake(id));
    const [before, after] = [homes(some), homes(some.slice(0, 4))];
    names.forEach((_, at) => before[at] !== 'e' && expect(after[at]).to.equal(before[at]));
    expect(after).to.not.include('e');
  });

  it('moves about a share of the keys to who comes', () => {
    const some = ['a', 'b', 'c', 'd', 'e'].map((id) => fake(id));
    const [before, after] = [homes(some.slice(0, 4)), homes(some)];
    const moved = names.filter((_, at) => before[at] !== after[at]).length;
    expect(moved / names.length).to.be.within(0.1, 0.3);
  });

  it('gives nobody more than the bound of the average', () => {
    const some = ['a', 'b', 'c', 'd'].map((id) => fake(id));
    const pick = consistentHash({ key, bound: 1.25 }).over(some, clock);
    for (let at = 0; at < 400; at++) {
      const chosen = pick(keyed('hot'));
      if (chosen !== undefined) chosen.pending += 1;
    }
    // ⌈1.25 × 400 ÷ 4⌉
    expect(Math.max(...some.map(({ pending }) => pending))).to.equal(125);
  });

  it('gives a key of no call to anybody', () => {
    const some = ['a', 'b', 'c', 'd'].map((id) => fake(id));
    const pick = consistentHash({ key }).over(some, clock);
    expect(Object.keys(tally(100, () => pick(call)))).to.have.length(4);
  });
});

describe('sticky', () => {
  it('stays with the first choice while it is there, also through a change of the others', () => {
    const some = ['a', 'b', 'c'].map((id) => fake(id));
    const balancer = sticky(p2c(), { key });
    const home = balancer.over(some, clock)(keyed('rex'))?.instance.id as string;
    const others = [...some, fake('d'), fake('e')];
    expect(tally(50, () => balancer.over(others, clock)(keyed('rex')))).to.deep.equal({ [home]: 50 });
    const without = others.filter(({ instance }) => instance.id !== home);
    const next = balancer.over(without, clock)(keyed('rex'))?.instance.id as string;
    expect(next).to.not.equal(home);
    expect(tally(50, () => balancer.over(others, clock)(keyed('rex')))).to.deep.equal({ [next]: 50 });
  });

  it('comes back to a home that was full for a moment', () => {
    const some = ['a', 'b'].map((id) => fake(id));
    const pick = sticky(p2c(), { key }).over(some, clock);
    const home = pick(keyed('rex')) as Fake;
    home.available = false;
    expect(pick(keyed('rex'))).to.not.equal(home);
    home.available = true;
    expect(pick(keyed('rex'))).to.equal(home);
  });

  it('remembers no more keys than it may', () => {
    const some = Array.from({ length: 50 }, (_, at) => fake(`${at}`));
    const balancer = sticky(roundRobin(), { key, most: 10 });
    const pick = balancer.over(some, clock);
    const first = pick(keyed('first'));
    for (let at = 0; at < 10; at++) pick(keyed(`other-${at}`));
    expect(pick(keyed('first'))).to.not.equal(first);
  });
});

describe('zones', () => {
  const near = [fake('n1', { zone: 'a', region: 'eu' }), fake('n2', { zone: 'a', region: 'eu' })];
  const region = fake('r', { zone: 'b', region: 'eu' });
  const far = fake('f', { zone: 'z', region: 'us' });
  const balancer = zoneAware(roundRobin(), { zone: 'a', region: 'eu' });
  beforeEach(() => {
    for (const each of [...near, region, far]) Object.assign(each, { slow: 10, available: true });
  });

  it('the own comes first', () => {
    const pick = balancer.over([far, region, ...near], clock);
    expect(tally(10, () => pick(call))).to.deep.equal({ n1: 5, n2: 5 });
  });

  it('the own region is next when nobody of the zone is there, or available', () => {
    expect(tally(10, () => balancer.over([far, region], clock)(call))).to.deep.equal({ r: 10 });
    for (const each of near) each.available = false;
    expect(tally(10, () => balancer.over([far, region, ...near], clock)(call))).to.deep.equal({ r: 10 });
    region.available = false;
    expect(tally(10, () => balancer.over([far, region, ...near], clock)(call))).to.deep.equal({ f: 10 });
  });

  it('calls spill over while the zone is three times as slow as at rest, and it is quicker out there', () => {
    for (const each of near) each.slow = 31;
    expect(tally(10, () => balancer.over([region, ...near], clock)(call))).to.deep.equal({ r: 10 });
    region.slow = 40;
    const back = tally(10, () => balancer.over([region, ...near], clock)(call));
    expect(back).to.not.have.property('r');
    for (const each of near) each.slow = 29;
    region.slow = 1;
    expect(tally(10, () => balancer.over([region, ...near], clock)(call))).to.not.have.property('r');
  });
});

describe('a split', () => {
  const old = ['a', 'b'].map((id) => fake(id, { metadata: { version: '1' } }));
  const canary = fake('c', { metadata: { version: '2' } });
  const nine = [
    { where: { version: '1' }, weight: 9 },
    { where: { version: '2' }, weight: 1 },
  ];

  it('gives each share its part, and balances within', () => {
    const pick = split(p2c(), () => nine).over([...old, canary], clock);
    const counts = tally(2000, () => pick(call));
    expect(counts['c']).to.be.within(130, 270);
    expect(counts['a']).to.be.within(700, 1100);
  });

  it('changes while it runs', () => {
    let shares = nine;
    const pick = split(p2c(), () => shares).over([...old, canary], clock);
    pick(call);
    shares = [{ where: { version: '2' }, weight: 1 }];
    expect(tally(20, () => pick(call))).to.deep.equal({ c: 20 });
    shares = [];
    expect(Object.keys(tally(200, () => pick(call)))).to.have.length(3);
  });

  it('is without the shares that nobody can serve', () => {
    const pick = split(p2c(), () => nine).over([canary], clock);
    expect(tally(20, () => pick(call))).to.deep.equal({ c: 20 });
  });

  it('keeps calls of one key together', () => {
    const pick = split(p2c(), () => nine, { key }).over([...old, canary], clock);
    for (let at = 0; at < 40; at++) {
      const version = (): string | undefined => pick(keyed(`user-${at}`))?.instance.metadata['version'];
      expect(version()).to.equal(version());
    }
  });
});
