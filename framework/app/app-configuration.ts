/** The configuration of an application: what its blueprint says, and for a program what the process was given. */
import { CODEC_LIMITS, type CodecLimits } from '../contract/index.js';
import type { Param } from '../core/index.js';
import type { Blueprint, ConfigSources } from './blueprint.js';
import { type Configuration, configuration, readConfigFile } from './configuration.js';

/** Set by `millrace config`: the program prints its configuration instead of running. */
export const COMMAND = 'MILLRACE_COMMAND';

/** Values of `params` as the blueprint says. Without sources only code is heard, so that a test depends on nothing around it. */
export function configurationOf({ code, sources }: Blueprint, params: readonly Param<unknown>[]): Configuration {
  const { file = false, env = {}, flags = [] } = sources ?? {};
  return configuration([...new Map(params.map((each) => [each, each])).values()], {
    code,
    env,
    argv: flags,
    readFile: readConfigFile,
    cwd: process.cwd(),
    file: file === 'usual' ? undefined : file,
  });
}

/** Variables of the command line's own, which a shell may have set for everything that it starts. */
const OTHERS: readonly string[] = [COMMAND, 'MILLRACE_AT'];

/** The configured bounds of messages. */
export function codecLimitsOf(config: Configuration): CodecLimits {
  return { depth: config.get(CODEC_LIMITS.depth), items: config.get(CODEC_LIMITS.items) };
}

/** What the process was given: the usual file, its environment and its flags. */
export function processSources(): ConfigSources {
  const env = { ...process.env };
  for (const name of OTHERS) delete env[name];
  return { file: 'usual', env, flags: process.argv.slice(2) };
}
