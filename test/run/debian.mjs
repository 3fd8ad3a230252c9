// Installs the Debian packages that the whole suite needs, where that can be done.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './child.mjs';

const needed = [{ program: 'chromium', debian: 'chromium', about: 'the browser client is tested in it' }];

/** Makes sure that each program is there; resolves with a message for each one that isn't and can't be installed. */
export async function ensureDebianPackages(say) {
  const missing = needed.filter(({ program }) => !onPath(program));
  if (missing.length === 0) return [];
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) await install(missing, say);
  return missing
    .filter(({ program }) => !onPath(program))
    .map(({ program, debian, about }) => `${program} is missing (${about}): apt-get install ${debian}`);
}

async function install(missing, say) {
  const packages = missing.map(({ debian }) => debian);
  say(`installing Debian packages: ${packages.join(', ')}`);
  const options = { capture: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await run('apt-get', ['update', '-q'], options);
  const { code, output } = await run('apt-get', ['install', '-yq', '--no-install-recommends', ...packages], options);
  if (code !== 0) say(`apt-get install failed with code ${code}\n${output.trimEnd().slice(-2_000)}`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
