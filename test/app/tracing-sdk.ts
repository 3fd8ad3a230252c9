/** An OpenTelemetry SDK as a program would set it up, that keeps what it hears; a suite registers it and takes it back. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Context, type ContextManager, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  type ReadableSpan,
  type SamplingResult,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { filter, firstValueFrom, map, startWith, Subject } from 'rxjs';

export interface TracingSdk {
  /** Spans that have ended, in their order. */
  readonly spans: readonly ReadableSpan[];
  /** Resolves with the spans once so many have ended. */
  ended(count: number): Promise<readonly ReadableSpan[]>;
  unregister(): void;
}

export function registerTracing(shouldSample?: () => SamplingResult): TracingSdk {
  const spans: ReadableSpan[] = [];
  const news = new Subject<void>();
  const exporter = {
    export(ended: ReadableSpan[], done: (result: { code: number }) => void) {
      spans.push(...ended);
      done({ code: 0 });
      news.next();
    },
    shutdown: () => Promise.resolve(),
  };
  const sampler = shouldSample === undefined ? {} : { sampler: { shouldSample, toString: () => 'test' } };
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)], ...sampler });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new Contexts().enable());
  return {
    spans,
    ended: (count) =>
      firstValueFrom(
        news.pipe(
          startWith(undefined),
          filter(() => spans.length >= count),
          map(() => spans),
        ),
      ),
    unregister() {
      trace.disable();
      context.disable();
    },
  };
}

/** One line a span, from its kind and name to whose child it is: `SERVER back.work of CLIENT back.work`. */
export function treeOf(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const named = (span: ReadableSpan): string => `${SpanKind[span.kind]} ${span.name}`;
  return spans.map((span) => {
    const parent = span.parentSpanContext;
    if (parent === undefined) return named(span);
    const known = byId.get(parent.spanId);
    return `${named(span)} of ${known === undefined ? 'a stranger' : named(known)}`;
  });
}

class Contexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    present: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.storage.run(present, () => work.call(self, ...args));
  }

  bind<T>(_present: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}
