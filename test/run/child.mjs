// Runs child processes, each in a group of its own, so that nothing they start outlives us.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const groups = new Set();
const graceMs = 5_000;

/**
 * Runs a command to its end. Resolves with its exit code (128 + n when signal n ended it), with what it printed when
 * `capture` is set, and with whether it left processes behind, which are killed.
 */
export function run(command, args, { capture = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      detached: true,
      ...options,
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('spawn', () => groups.add(child.pid));
    const closed = new Promise((done) => child.once('close', done));
    child.once('exit', async (code, signal) => {
      const leftBehind = await endGroup(child.pid);
      groups.delete(child.pid);
      await closed;
      resolve({ code: code ?? 128 + constants.signals[signal], output, leftBehind });
    });
  });
}

/** Passes signals on to every running group, then exits; the returned function gives the signals back to others. */
export function forwardSignals() {
  const forward = async (signal) => {
    for (const group of groups) signalGroup(group, signal);
    await Promise.all([...groups].map((group) => endGroup(group)));
    process.exit(128 + constants.signals[signal]);
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  for (const signal of signals) process.once(signal, forward);
  return () => signals.forEach((signal) => process.off(signal, forward));
}

async function endGroup(group) {
  for (let waited = 0; signalGroup(group, 0); waited += 50) {
    if (waited >= graceMs) return signalGroup(group, 'SIGKILL');
    await delay(50);
  }
  return false;
}

function signalGroup(group, signal) {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
