import { expect } from 'chai';
import { type MeshError, meshError, type Priority } from 'millrace';
import { type WaitingCall, WaitingCalls } from '../../../framework/discovery/waiting-calls.js';

describe('calls that wait', () => {
  const went: string[] = [];
  const shed: string[] = [];
  let free = 0;
  let queue: WaitingCalls;
  const waiting = (name: string, priority: Priority = 'default', particular = false): void => {
    const call: WaitingCall = {
      priority,
      particular,
      go() {
        if (free === 0 || particular) return false;
        free -= 1;
        queue.delete(call);
        went.push(name);
        return true;
      },
      shed: (error: MeshError) => void shed.push(`${name} ${error.message}`),
    };
    queue.add(call);
  };
  const letGo = (count: number): void => {
    free = count;
    queue.wake();
  };

  beforeEach(() => {
    went.length = shed.length = free = 0;
    queue = new WaitingCalls(
      () => 3,
      (most) => meshError('Rejected', `${most} wait`),
    );
  });

  it('go by their priority, then in the order in which they came', () => {
    waiting('bulk', 'bulk');
    waiting('first');
    waiting('critical', 'critical');
    letGo(2);
    expect(went).to.deep.equal(['critical', 'first']);
    expect(queue.size).to.equal(1);
    letGo(5);
    expect(went).to.deep.equal(['critical', 'first', 'bulk']);
    expect(free).to.equal(4);
  });

  it('are bounded: one that is not dearer than those that wait is shed', () => {
    for (const name of ['a', 'b', 'c', 'd']) waiting(name);
    expect(shed).to.deep.equal(['d 3 wait']);
    letGo(9);
    expect(went).to.deep.equal(['a', 'b', 'c']);
  });

  it('make room for a dearer one: the least dear goes that has waited longest', () => {
    waiting('a');
    waiting('old', 'bulk');
    waiting('new', 'bulk');
    waiting('dear', 'critical');
    expect(shed).to.deep.equal(['old 3 wait']);
    letGo(9);
    expect(went).to.deep.equal(['dear', 'a', 'new']);
  });

  it('are not held up by one that only few can take', () => {
    waiting('particular', 'critical', true);
    waiting('any');
    letGo(2);
    expect(went).to.deep.equal(['any']);
  });
});
