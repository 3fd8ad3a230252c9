/** One policy under one name: a filter before a service, an operator in a pipe, a layer of a stack. */
import { isObservable, type Observable } from 'rxjs';
import type { Clock } from './clock.js';
import { fuse, operatorOf } from './fuse.js';
import { type AnyPolicy, anyPolicy, type Policy } from './policy.js';
import type { Service } from './service.js';

/**
 * `breaker()` before a service or in `@use` is a filter, with a state for each service that it stands before, or for each of its
 * methods where the policy's `scope` says so; in a `pipe` it is an operator, with one state for all pipes that the same value
 * stands in; its `policy` is a layer of a stack, which fuses it with others.
 */
export interface PolicyFilter {
  // One signature, since TypeScript takes no types through a pipe from a function that has two.
  <Req = never, Rep = unknown, X extends Service<never, unknown> | Observable<unknown> = Service<Req, Rep>>(
    target: X,
  ): X;
  readonly policy: AnyPolicy;
}

export function policyFilter<State, Local>(given: Policy<State, Local>, clock: Clock): PolicyFilter {
  const policy = anyPolicy(given);
  const filter = fuse([policy], clock);
  let operator: (<T>(source: Observable<T>) => Observable<T>) | undefined;
  const both = (target: Service<unknown, unknown> | Observable<unknown>): unknown => {
    if (!isObservable(target)) return filter(target);
    return (operator ??= sharedOperator(policy, clock))(target);
  };
  Object.defineProperty(both, 'name', { value: policy.name });
  return Object.assign(both as Omit<PolicyFilter, 'policy'>, { policy }) as PolicyFilter;
}

function sharedOperator(policy: AnyPolicy, clock: Clock): <T>(source: Observable<T>) => Observable<T> {
  const operator = operatorOf<unknown>([policy], clock);
  return <T>(source: Observable<T>) => operator(source) as Observable<T>;
}
