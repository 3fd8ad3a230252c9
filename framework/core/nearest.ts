/** The name that was probably meant: for errors that say what to do. */

/** The one of `names` that is nearest to `name` by edit distance, if it is near enough to be what was meant. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  const asked = name.toLowerCase().slice(0, LONGEST);
  for (const each of names) {
    const far = distance(asked, each.toLowerCase(), least);
    if (far >= least) continue;
    least = far;
    best = each;
  }
  return best;
}

/** Names that are compared are cut to so many characters: they come from peers too. */
const LONGEST = 100;

/** Insertions, deletions, replacements and swaps of neighbours (Damerau, 1964) from `a` to `b`; `most` where there are as many or more. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, at(before, j - 2) + 1);
      row.push(value);
    }
    before = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
