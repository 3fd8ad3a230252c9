import { expect } from 'chai';
import { instanceOf, matches, MeshError, routeOverride } from 'millrace';
import { callWith } from './candidates.js';

const said = (route: string) => callWith({ baggage: new Map([['route', route]]) });

describe('a route override', () => {
  it('says for one service which instances are wanted, and nothing for others', () => {
    const call = said('catalog: version=v2, zone=b; ratings:id=ratings-3');
    expect(routeOverride(call, 'catalog')).to.deep.equal({ version: 'v2', zone: 'b' });
    expect(routeOverride(call, 'ratings')).to.deep.equal({ id: 'ratings-3' });
    expect(routeOverride(call, 'home')).to.equal(undefined);
    expect(routeOverride(callWith(), 'home')).to.equal(undefined);
  });

  for (const wrong of ['catalog', 'catalog:', 'catalog: v2', ': a=b', 'x'.repeat(2000)]) {
    it(`is refused where it says '${wrong.slice(0, 12)}'`, () => {
      expect(() => routeOverride(said(wrong), 'catalog')).to.throw(MeshError, /write 'catalog: version=v2/);
    });
  }

  it('matches fields and metadata', () => {
    const instance = instanceOf({ app: 'catalog', id: 'c-1', zone: 'b', metadata: { version: 'v2' } });
    expect(matches(instance, { version: 'v2', zone: 'b', app: 'CATALOG' })).to.equal(true);
    expect(matches(instance, { version: 'v1' })).to.equal(false);
    expect(matches(instance, { constructor: 'x' })).to.equal(false);
    expect(matches(instance, {})).to.equal(true);
  });
});
