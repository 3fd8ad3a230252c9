/** The table of docs/app.md, from the params that an application has. */
import { mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { type Page, pageWith, tableOf } from './page.js';

export async function generate(): Promise<Page> {
  const app = await mesh()
    .over(tcp())
    .log({ to: { write: () => undefined } })
    .start();
  const rows = app.config.rows().map(({ name, value, about }) => [`\`${name}\``, value, about]);
  await app.stop();
  return pageWith('docs/app.md', { params: tableOf(['param', 'default', 'means'], rows) });
}
