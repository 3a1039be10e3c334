import type { Body, Override, Role } from './contract';
import { withOutput } from './outputs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long an override may last. A pump that is off for longer than half an hour cooks what it should cool. */
const LONGEST = { any: 24 * HOUR, pumpOff: 30 * MINUTE } as const;

/**
 * The device judges the end by its own clock, which may be a little behind; so the longest that can be chosen
 * stays this much below what is allowed.
 */
const SLACK = MINUTE;

/** The lengths to choose from, in milliseconds. */
export function lengths(role: Role | undefined, duty: number): readonly number[] {
  if (isPumpOff(role, duty)) return [5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
  return [15 * MINUTE, HOUR, 4 * HOUR, 24 * HOUR];
}

export function isPumpOff(role: Role | undefined, duty: number): boolean {
  return role === 'pump' && duty === 0;
}

/** The duty nearest to the one that is wanted that an output can be overridden to: a pump runs at its minimum or is off. */
export function reachable(role: Role | undefined, minimum: number, duty: number): number {
  if (role !== 'pump' || duty >= minimum) return duty;
  return duty < minimum / 2 ? 0 : minimum;
}

/** An override from now on. A length that is not allowed is cut to the longest that is. */
export function override(role: Role | undefined, duty: number, length: number, now: number): Override {
  const most = (isPumpOff(role, duty) ? LONGEST.pumpOff : LONGEST.any) - SLACK;
  return { duty, until: Math.round(now + Math.min(length, most)) };
}

/** How much of an override is left, in milliseconds; 0 if it is over or there is none. */
export function left(o: Override | undefined, now: number): number {
  return o ? Math.max(0, o.until - now) : 0;
}

/** "1:02:03" or "12:34": a time that is counted down, in whole seconds. */
export function countdown(ms: number): string {
  const s = Math.ceil(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** The body without overrides that are over. They do nothing, and would only stand in the history. */
export function withoutPassed(body: Body, now: number): Body {
  let next = body;
  for (const o of body.outputs ?? []) {
    if (o.override && o.override.until <= now) next = withOutput(next, o.name, { override: undefined });
  }
  return next;
}
