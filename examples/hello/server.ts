/** Greets whoever asks: `node server.js [PORT]`. */
import { mesh } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { of } from 'rxjs';
import { Greeter } from './greeter.js';

const port = Number(process.argv[2] ?? 7001);
await mesh()
  .serve(Greeter, { hello: ({ name }) => of(`hello, ${name}`) })
  .over(tcp({ port }))
  .run();
