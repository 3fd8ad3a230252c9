/** What can be set about the river, each by an environment variable. */
import { count, duration, MeshError } from 'millrace';

export interface Settings {
  readonly sourcePort: number;
  readonly middlePort: number;
  readonly edgePort: number;
  /** Items a second that the reader takes, one pace after the other, for ever. */
  readonly paces: readonly number[];
  /** Milliseconds that each pace lasts. */
  readonly hold: number;
  /** Milliseconds between two lines of output. */
  readonly tick: number;
}

/** Throws Invalid for what cannot be read. */
export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const read = <T>(name: string, initial: string, parse: (text: string) => T): T => {
    const text = env[name] ?? initial;
    try {
      return parse(text);
    } catch (cause) {
      throw new MeshError('Invalid', `${name}=${text}: ${cause instanceof Error ? cause.message : ''}`, { cause });
    }
  };
  return {
    sourcePort: read('RIVER_SOURCE_PORT', '7401', port),
    middlePort: read('RIVER_MIDDLE_PORT', '7402', port),
    edgePort: read('RIVER_EDGE_PORT', '7403', port),
    paces: read('RIVER_PACES', '2000 200 20 10000', (text) => text.split(' ').map(pace)),
    hold: read('RIVER_HOLD', '5 s', duration),
    tick: read('RIVER_TICK', '1 s', duration),
  };
}

function port(text: string): number {
  const number = count(Number(text));
  if (number > 65_535) throw new Error('a port is 65535 at most');
  return number;
}

function pace(text: string): number {
  const number = count(Number(text));
  if (number === 0) throw new Error('a pace is 1 item a second at least');
  return number;
}
