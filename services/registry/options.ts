/** The words that a registry is started with. */
import { Command, InvalidArgumentError } from 'commander';

export interface RegistryOptions {
  /** Where Eureka's REST API is served; undefined for nowhere. */
  readonly http: number | undefined;
  readonly rsocket: number;
  readonly host: string;
  /** Addresses of other registries. */
  readonly peers: readonly string[];
  readonly name: string | undefined;
}

/** Reads `--http PORT --rsocket PORT [--host HOST] [--peers ADDRESS,…] [--name NAME]`; ends the process with 2 for words that make no sense, with 0 after `--help`. */
export function optionsOf(words: readonly string[]): RegistryOptions {
  const command = new Command('millrace registry')
    .description('Starts a registry: RSocket for Millrace, Eureka’s REST API for everybody else.')
    .option(
      '--rsocket <port>',
      'where Millrace applications register and look for others, by TCP; 0 takes a free one',
      port,
      7070,
    )
    .option('--http <port>', 'where Eureka’s REST API is, under /eureka/ and /eureka/v2/; nowhere if left out', port)
    .option('--host <host>', 'the address to listen at', '127.0.0.1')
    .option(
      '--peers <addresses>',
      'other registries, with commas between, by their RSocket: tcp://127.0.0.1:7071; its own may be among them',
      places,
      [],
    )
    .option('--name <name>', 'what the others know it by, in their logs')
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse([...words], { from: 'user' });
  type Said = { http?: number; rsocket: number; host: string; peers: readonly string[]; name?: string };
  const { http, rsocket, host, peers, name } = command.opts<Said>();
  return { http, rsocket, host, peers, name };
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError(`'${text}' is not a port from 0 to 65535`);
}

function places(text: string): readonly string[] {
  const all = text.split(',').map((each) => each.trim());
  return all.map((each) => {
    const address = each.includes('://') ? each : `tcp://${each}`;
    if (PLACE.test(address)) return address;
    throw new InvalidArgumentError(`'${each}' is not an address such as tcp://127.0.0.1:7071`);
  });
}

const PLACE = /^tcp:\/\/(?:[^/:[\]]+|\[[^\]]+\]):\d{1,5}$/;
