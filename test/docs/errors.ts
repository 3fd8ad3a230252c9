/** The table of docs/errors.md, from the table that the code reads. */
import { ERRORS } from 'millrace';
import { type Page, pageWith, tableOf } from './page.js';

export function generate(): Promise<Page> {
  const rows = Object.entries(ERRORS).map(([tag, { means, retry, rsocket, http }]) => {
    return [`\`${tag}\``, means, retry, `0x${rsocket.toString(16)}`, String(http)];
  });
  return pageWith('docs/errors.md', { errors: tableOf(['tag', 'means', 'retry', 'RSocket', 'HTTP'], rows) });
}
