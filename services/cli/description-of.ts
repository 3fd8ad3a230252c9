/** The description of an application, as a peer or a file gives it: nothing in it is trusted. */
import type {
  AppDescription,
  ContractDescription,
  Interaction,
  JsonSchema,
  MethodDescription,
} from '../../framework/index.js';

type Fields = Readonly<Record<string, unknown>>;

const INTERACTIONS: readonly Interaction[] = ['response', 'stream', 'channel', 'notify'];

/** The description, if it is one: of an application, or of a contract alone. What it lacks is empty. */
export function descriptionOf(value: unknown): AppDescription | undefined {
  if (!isFields(value)) return undefined;
  const given = 'methods' in value ? [value] : value['contracts'];
  if (!Array.isArray(given)) return undefined;
  const contracts = given.map(contractOf);
  if (contracts.includes(undefined)) return undefined;
  return {
    name: textOf(value['name']),
    addresses: textsOf(value['addresses']),
    contracts: contracts.filter((each) => each !== undefined),
    stacks: mapped(value['stacks'], textsOf),
    calls: textsOf(value['calls']),
    versions: mapped(value['versions'], textOf),
  };
}

function contractOf(value: unknown): ContractDescription | undefined {
  if (!isFields(value) || typeof value['name'] !== 'string' || !isFields(value['methods'])) return undefined;
  const { name, version, about, methods, failures } = value;
  const known = mapped(methods, methodOf);
  if (Object.values(known).includes(undefined)) return undefined;
  return {
    name,
    version: typeof version === 'string' ? version : '1',
    ...(typeof about === 'string' ? { about } : {}),
    methods: known as Record<string, MethodDescription>,
    failures: mapped(failures, (each) => {
      const { detail, httpStatus, retry } = isFields(each) ? each : {};
      return {
        detail: schemaOf(detail),
        ...(typeof httpStatus === 'number' ? { httpStatus } : {}),
        ...(typeof retry === 'string' ? { retry } : {}),
      };
    }),
  };
}

function methodOf(value: unknown): MethodDescription | undefined {
  if (!isFields(value) || !isSchema(value['request'])) return undefined;
  const { about, idempotent, deadline, request, reply } = value;
  const interaction = INTERACTIONS.find((each) => each === value['interaction']);
  if (interaction === undefined) return undefined;
  return {
    interaction,
    ...(typeof about === 'string' ? { about } : {}),
    ...(idempotent === true ? { idempotent } : {}),
    ...(typeof deadline === 'string' || typeof deadline === 'number' ? { deadline } : {}),
    request: schemaOf(request),
    ...(isSchema(reply) ? { reply } : {}),
  };
}

function schemaOf(value: unknown): JsonSchema {
  return isSchema(value) ? value : true;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isFields(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapped<T>(value: unknown, read: (value: unknown) => T): Record<string, T> {
  const entries = Object.entries(isFields(value) ? value : {});
  return Object.fromEntries(entries.map(([key, each]) => [key, read(each)]));
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
