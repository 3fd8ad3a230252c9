// One process at a time prepares the tree: two installs at once would destroy each other's files.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` while holding the lock file; waits for a living holder, takes over from a dead one. */
export async function locked(file, say, work) {
  for (let told = false; !take(file); told = true) {
    if (!told) say(`waiting for process ${holder(file) ?? '?'}, which is preparing this tree`);
    await delay(100);
    const pid = holder(file);
    if (pid !== undefined && !living(pid)) rmSync(file, { force: true });
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take(file) {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holder(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}

function living(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
