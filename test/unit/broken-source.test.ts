import { expect } from 'chai';
import { Gate, nextTurn, Seat } from 'millrace';

describe('a gate whose source throws in its turn', () => {
  it('takes that seat away and goes on handing out turns to the others', async () => {
    const gate = new Gate();
    const turns: string[] = [];
    const broken = new Seat(gate, {
      turn() {
        turns.push('broken');
        throw new Error('against its word');
      },
    });
    const sound = new Seat(gate, {
      turn() {
        turns.push('sound');
        return turns.length < 4;
      },
    });
    broken.enter();
    sound.enter();
    await new Promise<void>((resolve) => nextTurn(resolve));
    expect(() => gate.unshut()).to.throw('against its word');
    gate.unshut();
    expect(turns).to.deep.equal(['broken', 'sound', 'sound', 'sound']);
    expect(gate.awaited).to.equal(false);
  });
});
