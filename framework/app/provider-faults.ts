/** What can be wrong with what the classes of an application ask for, told with the path that leads there. */
import { isMeshError, MeshError } from '../core/index.js';
import { type Constructor, isMarked } from './decorators.js';

/** Of the language itself: nothing that anybody means by its type alone. */
export function isPlain(token: unknown): boolean {
  return typeof token === 'function' && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(token));
}

export function circle(path: readonly Constructor[]): MeshError {
  const last = path.at(-1);
  const ring = path.slice(path.findIndex((each) => each === last));
  return wrong(
    `${written(ring)}: classes that ask for each other in a circle can't be made; let one of them get what it needs in a method, or by @client`,
  );
}

/** `path` leads to who asks for it. */
export function undecorated(target: Constructor, path: readonly Constructor[]): MeshError {
  const where = `(${written([...path, target])})`;
  if (isMarked(target)) {
    return wrong(
      `what the constructor of ${target.name} asks for isn't known: compile with emitDecoratorMetadata, as tsc can (esbuild and tsx don't), or say it by @inject(token) ${where}`,
    );
  }
  if (target.length > 0) {
    return wrong(
      `${target.name} asks for ${target.length} things in its constructor, but has no decorator that says so: put @component() above it ${where}`,
    );
  }
  return wrong(
    `nobody provides ${target.name}: say .provide(${target.name}, …), or put @component() above it where it can be made as it is ${where}`,
  );
}

export function missing(token: unknown, at: number, path: readonly Constructor[]): MeshError {
  const owner = path.at(-1)?.name ?? '';
  if (token === undefined) {
    return wrong(
      `parameter ${at + 1} of ${owner} is not defined yet when ${owner} is: two files import each other (${written(path)})`,
    );
  }
  if (isPlain(token)) {
    const kind = token === Object ? 'an interface, or a class behind `import type`' : `of type ${nameOf(token)}`;
    return wrong(
      `parameter ${at + 1} of ${owner} is ${kind}, which nobody provides: say what is meant by @client(Contract), @setting(param) or @inject(token) (${written(path)})`,
    );
  }
  return wrong(
    `nobody provides ${nameOf(token)}, parameter ${at + 1} of ${owner}: .provide(token, { useValue }) (${written(path)})`,
  );
}

/** The function that makes what `token` stands for asks for `token`. */
export function askingItself(token: unknown): MeshError {
  return wrong(`the function that makes ${nameOf(token)} asks for ${nameOf(token)}`);
}

/** A constructor, or a function of a provider, has thrown. */
export function notMade(token: unknown, cause: unknown): MeshError {
  if (isMeshError(cause, 'Invalid')) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('Unavailable', `${nameOf(token)} could not be made: ${why}`, { cause, code: 'MILLRACE_START' });
}

function written(path: readonly Constructor[]): string {
  return path.map(({ name }) => name).join(' → ');
}

function nameOf(token: unknown): string {
  return typeof token === 'function' ? token.name : String(token);
}

function wrong(message: string): MeshError {
  return new MeshError('Invalid', message, { code: 'MILLRACE_CONTAINER' });
}
