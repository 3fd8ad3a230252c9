/** Params and sources for the tests of configurations. */
import {
  configuration,
  type ConfigurationSources,
  count,
  duration,
  flag,
  isMeshError,
  list,
  optional,
  param,
  port,
  size,
  text,
} from 'millrace';

export const FRAME = param('rsocket.frame', 16_777_215, size, 'Bytes of a frame.');
export const SETUP_TIME = param('rsocket.setup-time', 5000, duration, 'How long a setup may take.');
export const PORT = param('http.port', 8080, port, 'Where it listens.');
export const PRETTY = param('log.pretty', false, flag, 'Whether logs are for people.');
export const ZONES = param('zones', [], list, 'Where it may call.');
export const RETRIES = param('retries', undefined, optional(count), 'How often it tries again.');
export const PASSWORD = param('db.password', 'initial-secret', text, 'Opens the database.', { secret: true });
export const PIN = param('db.pin', 0, count, 'Opens the door.', { secret: true });

export const PARAMS = [FRAME, SETUP_TIME, PORT, PRETTY, ZONES, RETRIES, PASSWORD, PIN] as const;

export function configOf(sources: ConfigurationSources) {
  return configuration(PARAMS, sources);
}

/** Sources with one file, which is the only one. */
export function withFile(text: string, name = 'millrace.yaml'): ConfigurationSources {
  return { cwd: '/app', readFile: (path) => (path === `/app/${name}` ? text : undefined) };
}

/** The lines of the error with which a configuration is refused. */
export function refusedLines(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (isMeshError(error, 'Invalid') && error.code === 'MILLRACE_CONFIG' && error.cause === undefined) {
      return error.message.split('\n');
    }
    throw error;
  }
  throw new Error('it was not refused');
}
