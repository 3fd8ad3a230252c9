/** Errors as what they are: their tag, and what they say. */
import type { MeshError } from 'millrace';
import { element } from './element.js';

/** Milliseconds that an error of something that was done once is shown. */
const PASSING = 8000;

/** A place of the page for the error that it has now, if any. */
export class Notice {
  private shown: string | undefined;

  constructor(private readonly place: HTMLElement) {}

  /** Shows an error; without one, nothing. */
  show(error: MeshError | undefined, then = 'Trying again.'): void {
    const text = error === undefined ? undefined : `${error.tag} ${error.message} ${then}`;
    if (text === this.shown) return;
    this.shown = text;
    this.place.hidden = error === undefined;
    if (error === undefined) this.place.replaceChildren();
    else this.place.replaceChildren(element('strong', {}, error.tag), ` ${error.message}. ${then}`);
  }

  /** Shows an error of something that is not tried again, for some seconds. */
  pass(error: MeshError, then: string): void {
    this.show(error, then);
    const { shown } = this;
    setTimeout(() => {
      if (this.shown === shown) this.show(undefined);
    }, PASSING);
  }
}
