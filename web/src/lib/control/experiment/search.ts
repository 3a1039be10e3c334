/**
 * Where an output without a tachometer begins to turn, found by asking a person: halving what lies between a duty at which it stood and one at
 * which it turned, until they are near. Each try begins at rest. Pure.
 */
export interface Search {
  /** It stood still here, or it is 0. */
  stood: number;
  /** It turned here. */
  turned: number;
}

/** So near, in percentage points, is near enough: a margin comes on top. */
const NEAR = 4;

export function startSearch(turned: number): Search {
  return { stood: 0, turned };
}

/** The duty to try next; undefined: it is found. */
export function nextTry({ stood, turned }: Search): number | undefined {
  return turned - stood <= NEAR ? undefined : Math.round((stood + turned) / 2);
}

/** What an answer to the try says. */
export function answered(search: Search, turns: boolean): Search {
  const tried = nextTry(search);
  if (tried === undefined) return search;
  return turns ? { ...search, turned: tried } : { ...search, stood: tried };
}

/** How many tries are left at most. */
export function triesLeft(search: Search): number {
  let [wide, n] = [search.turned - search.stood, 0];
  for (; wide > NEAR; n++) wide = Math.ceil(wide / 2);
  return n;
}
