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
  const place = callSite();
  if (told.size >= PLACES || told.has(code + place)) return;
  told.add(code + place);
  listener({ code, message: `${message} (${place})` });
}

/** The first line of the stack outside Millrace and RxJS. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const lines = (new Error('place').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const own = new URL('../..', import.meta.url).href;
  const outside = lines.find((line) => !/[\\/]rxjs[\\/]|node:internal|<anonymous>/.test(line) && !isOurs(line, own));
  return outside === undefined ? 'at an unknown place' : outside.trim();
}

/** In `dist` as it runs, and in the sources as source maps show them. */
function isOurs(line: string, root: string): boolean {
  const built = root.replace(/^file:\/\//, '');
  const sources = built.replace(/[^/]+\/$/, '');
  return ['framework', 'transports'].some(
    (folder) => line.includes(`${built}${folder}/`) || line.includes(`${sources}${folder}/`),
  );
}

function say(warning: { readonly code: string; readonly message: string }): void {
  const node = (globalThis as { process?: { emitWarning?: (text: string, options: object) => void } }).process;
  if (node?.emitWarning === undefined) console.warn(`[${warning.code}] ${warning.message}`);
  else node.emitWarning(warning.message, { type: 'MillraceWarning', code: warning.code });
}
