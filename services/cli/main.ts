#!/usr/bin/env node
/** The command line `millrace`: what the process is, for commands that know only a terminal. */
import { addAbortSignal } from 'node:stream';
import type { Terminal } from './terminal.js';
import { runProgram } from './program.js';
import { signalStatus } from './status.js';

const stopping = new AbortController();

/** The first signal stops the command in good order, the second ends the process. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(signalStatus(signal));
    stopping.abort(signal);
  });
}

/** Who reads the output may leave whenever they like: `millrace call … | head -1`. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stopping.abort(error.code);
  });
}

const terminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  get input() {
    return addAbortSignal(stopping.signal, process.stdin);
  },
  env: process.env,
  folder: process.cwd(),
  stop: stopping.signal,
  async wires() {
    const { tcp, websocket } = await import('../../transports/rsocket/index.js');
    return [tcp(), websocket()];
  },
};

const status = await runProgram(process.argv.slice(2), terminal);
for (const stream of [process.stdout, process.stderr]) await written(stream);
process.exit(status);

/** Resolves when the stream has passed on all that it was given, or nobody reads it any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((done) => {
    stream.once('close', done);
    stream.write('', () => done());
  });
}
