/** Power of two choices: of two endpoints by chance the one with the lesser load. */
import { type Balancer, type Candidate, nextAvailable } from './balancer.js';

/**
 * The default. Chance spreads, the comparison avoids who is slow or full, and nobody is stormed because it looked best to all.
 * Source: M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001; the load is Finagle's peak EWMA.
 */
export function p2c(): Balancer {
  return {
    name: 'p2c',
    over: (candidates, clock) => {
      const { length } = candidates;
      return () => {
        if (length < 2) return nextAvailable(candidates, 0);
        const first = Math.floor(clock.random() * length);
        const second = (first + 1 + Math.floor(clock.random() * (length - 1))) % length;
        const [a, b] = [candidates[first], candidates[second]];
        if (a?.available !== true || b?.available !== true) return nextAvailable(candidates, first);
        return lighter(a, b, clock.now());
      };
    },
  };
}

/** The one with the lesser load; of two that nobody has measured the one with fewer calls open for its share. */
export function lighter<C extends Candidate>(a: C, b: C, now: number): C {
  const [one, other] = [a.load(now), b.load(now)];
  if (one === other || one === 0 || other === 0) {
    // Nothing is known of one of them: it is tried, but not by everybody at once.
    return (a.pending + 1) / a.share(now) <= (b.pending + 1) / b.share(now) ? a : b;
  }
  return one < other ? a : b;
}
