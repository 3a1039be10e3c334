/** Zeroing probes: the command `zero`, and what the device reports of it. Pure. */

export interface ZeroResult {
  /** The id of the command that it is the answer to. */
  command: string;
  /** Why there are none; the device's own words. */
  error: string | undefined;
  /** What each role's offset should be, in K. */
  offsets: Readonly<Record<string, number>>;
}

/** How long the device may average, in seconds. */
export const SECONDS = { min: 5, max: 300, step: 5 } as const;
export const USUAL_SECONDS = 30;
/** It takes two to compare. */
export const FEWEST = 2;
/** After this much more than the seconds asked for no result is expected any more, in milliseconds. */
export const PATIENCE = 60_000;

/** What `reported` says of the last one, read with care; undefined where there was none. */
export function readZero(state: Record<string, unknown> | null | undefined): ZeroResult | undefined {
  const doc = state?.zero;
  if (doc === null || typeof doc !== 'object') return undefined;
  const { command, error, offsets } = doc as Record<string, unknown>;
  if (typeof command !== 'string') return undefined;
  const found = offsets !== null && typeof offsets === 'object' ? Object.entries(offsets) : [];
  return {
    command,
    error: typeof error === 'string' && error !== '' ? error : undefined,
    offsets: Object.fromEntries(
      found.filter((e): e is [string, number] => typeof e[1] === 'number' && Number.isFinite(e[1])),
    ),
  };
}

/** What the device's words mean, where they are among those that it has: which role, and what is wrong with it. */
export function errorOf(text: string): { role: string; what: 'no_reading' | 'too_far' } | undefined {
  const [, role, rest = ''] = /^([a-z][a-z0-9_]*): (.*)$/.exec(text) ?? [];
  if (role === undefined) return undefined;
  if (rest.startsWith('no good reading')) return { role, what: 'no_reading' };
  return rest.startsWith('more than 5 K') ? { role, what: 'too_far' } : undefined;
}
