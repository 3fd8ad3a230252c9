/** A program that is found in registries: `registered.js REGISTRY…` says who answers. */
import { mesh, registry } from 'millrace';
import { tcp } from 'millrace/rsocket';
import { of } from 'rxjs';
import { Who } from '../who.js';

const places = process.argv.slice(2).filter((word) => !word.startsWith('--'));
await mesh()
  .serve(Who, { answers: () => of(process.pid) })
  .over(tcp({ port: 0 }))
  .in(registry(...places))
  .run();
