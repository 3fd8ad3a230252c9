/** JSON as anybody sends it: no prototypes, no depth that nothing of Eureka's has. */
import { parse } from 'secure-json-parse';
import { meshError } from '../../framework/index.js';

const DEEPEST = 16;

/** Throws Invalid, `MILLRACE_JSON`. */
export function readJson(text: string): unknown {
  if (tooDeep(text)) throw meshError('Invalid', 'the JSON is nested too deep', { code: 'MILLRACE_JSON' });
  try {
    return parse(text, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw meshError('Invalid', 'cannot parse request body', { code: 'MILLRACE_JSON' });
  }
}

function tooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === '\\') at += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}
