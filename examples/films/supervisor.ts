/** The supervisor lets the page see the processes, and end and start them. */
import { type Handlers, serves } from 'millrace';
import { defer, ignoreElements, type Observable } from 'rxjs';
import { Supervisor, type Which } from './contracts.js';
import { Processes } from './processes.js';

@serves(Supervisor)
export class SupervisorService implements Handlers<typeof Supervisor> {
  constructor(private readonly children: Processes) {}

  processes() {
    return this.children.all;
  }

  start({ name }: Which) {
    return done(() => this.children.start(name));
  }

  stop({ name }: Which) {
    return done(() => this.children.stop(name));
  }

  kill({ name }: Which) {
    return done(() => this.children.kill(name));
  }
}

function done(work: () => Promise<void>): Observable<never> {
  return defer(work).pipe(ignoreElements());
}
