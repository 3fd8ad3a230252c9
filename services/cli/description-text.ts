/** The description of an application as people read it. */
import {
  type AppDescription,
  type ContractDescription,
  type Interaction,
  type MethodDescription,
  printable,
} from '../../framework/index.js';
import { laidOut, type Layout, leaf, type Room, row } from './layout.js';
import { typeLayout } from './type-text.js';

/** Lines for the application, then for each contract its methods and failures, then the filters. */
export function descriptionText(description: AppDescription, room: Room): string {
  const { name, addresses, contracts, calls, stacks, versions } = description;
  const { paint } = room;
  const about = [...addresses, ...Object.entries(versions).map(([what, version]) => `${what} ${version}`)].map(said);
  const called = calls.length === 0 ? [] : [`calls ${calls.map(said).join(', ')}`];
  const filters = Object.entries(stacks).map(([route, names]) => `  ${said(route)}: ${names.map(said).join(' → ')}`);
  return [
    [[paint('bold', said(name)), ...about].join('  '), ...called].join('\n'),
    ...contracts.map((contract) => contractText(contract, room)),
    ...(contracts.length === 0 ? ['serves nothing'] : []),
    ...(filters.length === 0 ? [] : [['filters', ...filters].join('\n')]),
  ].join('\n\n');
}

function contractText({ name, version, about, methods, failures }: ContractDescription, room: Room): string {
  const { paint } = room;
  const widest = Math.max(0, ...Object.keys(methods).map((method) => method.length));
  const declared = Object.entries(failures).map(([failure, { detail, httpStatus, retry }]) => {
    const more = [httpStatus === undefined ? '' : `HTTP ${httpStatus}`, retry === undefined ? '' : `retry ${retry}`];
    const words = more.filter((each) => each !== '').map((each) => `  ${paint('dim', said(each))}`);
    const head = `    ${said(failure)}  `;
    return `${head}${laidOut(typeLayout(detail), { ...room, indent: head.length })}${words.join('')}`;
  });
  return [
    `${paint('bold', said(name))} ${said(version)}${about === undefined ? '' : `  ${said(about)}`}`,
    ...Object.entries(methods).map(([method, described]) => methodText(method.padEnd(widest), described, room)),
    ...(declared.length === 0 ? [] : ['  failures', ...declared]),
  ].join('\n');
}

/** Characters of the longest interaction. */
const WORD = 8;

function methodText(name: string, method: MethodDescription, room: Room): string {
  const { interaction, about, idempotent, deadline } = method;
  const head = `  ${said(name)}  ${interaction.padEnd(WORD)}  `;
  const indent = head.length;
  const terms = [
    idempotent === true ? 'idempotent' : '',
    deadline === undefined ? '' : `deadline ${typeof deadline === 'number' ? `${deadline} ms` : said(deadline)}`,
  ].filter((term) => term !== '');
  const notes = [
    ...(about === undefined ? [] : [said(about)]),
    ...(terms.length === 0 ? [] : [`(${terms.join(', ')})`]),
  ];
  const types = laidOut(messages(method), { ...room, indent });
  const line = `${head}${types}`;
  return notes.length === 0 ? line : `${line}\n${' '.repeat(indent)}${room.paint('dim', notes.join(' '))}`;
}

function messages({ interaction, request, reply }: MethodDescription): Layout {
  const there = row(typeLayout(request), ...(MANY_THERE.has(interaction) ? [leaf('…')] : []));
  if (reply === undefined) return there;
  return row(there, leaf(' → '), typeLayout(reply), ...(MANY_BACK.has(interaction) ? [leaf('…')] : []));
}

const MANY_THERE: ReadonlySet<Interaction> = new Set<Interaction>(['channel']);
const MANY_BACK: ReadonlySet<Interaction> = new Set<Interaction>(['channel', 'stream']);

function said(text: string): string {
  return printable(text, 500);
}
