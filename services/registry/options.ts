/** The words that a registry is started with. */
import { Command, InvalidArgumentError } from 'commander';

export interface RegistryOptions {
  /** Where Eureka's REST API is served; undefined for nowhere. */
  readonly http: number | undefined;
  readonly rsocket: number;
  readonly host: string;
}

/** Reads `--http PORT --rsocket PORT [--host HOST]`; ends the process with 2 for words that make no sense, with 0 after `--help`. */
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
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse([...words], { from: 'user' });
  const { http, rsocket, host } = command.opts<{ http?: number; rsocket: number; host: string }>();
  return { http, rsocket, host };
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError(`'${text}' is not a port from 0 to 65535`);
}
