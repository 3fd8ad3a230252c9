/** Warnings to whoever develops: once for each place, never more than a bounded number. */

/** Hears a warning: a stable code, what happened and what to do. */
export type WarningListener = (warning: { readonly code: string; readonly message: string }) => void;

/** More places than this are not told apart any more, so that the memory of them is bounded. */
const PLACES = 1000;
const told = new Set<string>();
let listener: WarningListener = say;

/** Sends warnings to `next` instead of the process (Node) or the console (browsers); returns a function that undoes it. */
export function onWarning(next: WarningListener): () => void {
  const before = listener;
  listener = next;
  told.clear();
  return () => {
    listener = before;
  };
}

/** Warns, once for each place in the user's code. */
export function warn(code: string, message: string): void {
  warningAt(code, message)();
}

/** A warning about the place that this is called from, to be said later if it turns out to matter. */
export function warningAt(code: string, message: string): () => void {
  const place = callSite();
  return () => {
    if (told.size >= PLACES || told.has(code + place)) return;
    told.add(code + place);
    listener({ code, message: `${message} (${place})` });
  };
}

/** The first line of the stack outside Millrace and RxJS. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const lines = (new Error('place').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const outside = lines.find((line) => !/[\\/]rxjs[\\/]|node:internal|<anonymous>/.test(line) && !isOurs(line));
  return outside === undefined ? 'at an unknown place' : outside.trim();
}

/** In `dist` as it runs, and in the sources as source maps show them. */
function isOurs(line: string): boolean {
  return OWN.some((folder) => line.includes(folder));
}

const OWN: readonly string[] = ownFolders();

/** Where Millrace's own files are; nowhere in a bundle, which is one file with the program's. */
function ownFolders(): string[] {
  let built: string;
  try {
    built = new URL('../..', import.meta.url).pathname;
  } catch {
    return [];
  }
  const sources = new URL('..', `file://${built}`).pathname;
  return [built, sources].flatMap((root) => [`${root}framework/`, `${root}transports/`]);
}

function say(warning: { readonly code: string; readonly message: string }): void {
  const node = (globalThis as { process?: { emitWarning?: (text: string, options: object) => void } }).process;
  if (node?.emitWarning === undefined) console.warn(`[${warning.code}] ${warning.message}`);
  else node.emitWarning(warning.message, { type: 'MillraceWarning', code: warning.code });
}
