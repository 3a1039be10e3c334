import { type Auto, type Body, clamp, type PiLaw, type Role, type Span } from './contract';
import type { Bounds } from './curve';
import { FIRST_SETPOINT } from './defaults';
import { type Output, withAuto, withOutput } from './outputs';

/**
 * Shared work (split range): one PI asks for a demand of 0 to 100 percent, and pump and fan each do their part of
 * it (contract/README.md, "Shared work"). Pure.
 */

export interface Part {
  output: Output;
  range: Span;
}

export interface Shared {
  /** Whose law finds the demand. */
  leader: Output;
  input: string;
  law: PiLaw;
  /** The leader first. */
  parts: readonly Part[];
}

export const PRIORITIES = ['pump', 'together', 'fan'] as const;
export type Priority = (typeof PRIORITIES)[number];

type Mover = 'pump' | 'fan';

/**
 * Who works first. The second one begins before the first is at its end: where the first one does little more for
 * each percent, the second does much, and the water notices no seam.
 */
const RANGES_OF: Readonly<Record<Priority, Readonly<Record<Mover, Span>>>> = {
  pump: { pump: [0, 60], fan: [40, 100] },
  together: { pump: [0, 100], fan: [0, 100] },
  fan: { fan: [0, 60], pump: [40, 100] },
};

const isMover = (role: Role | undefined): role is Mover => role === 'pump' || role === 'fan';

/** The outputs that can share work: pumps and fans whose duty can be any. */
export function sharers(outputs: readonly Output[]): Output[] {
  return outputs.filter((o) => isMover(o.role) && !o.onOff && o.kind !== undefined);
}

/** Whether there is a pump and a fan to share. */
export function canShare(outputs: readonly Output[]): boolean {
  const roles = sharers(outputs).map((o) => o.role);
  return roles.includes('pump') && roles.includes('fan');
}

/** The work that is shared; undefined where none is. */
export function sharedOf(outputs: readonly Output[]): Shared | undefined {
  for (const leader of outputs) {
    const { auto } = leader;
    const range = auto?.pi?.range;
    if (!auto?.pi || !range) continue;
    const followers = outputs.flatMap((output): Part[] => {
      const follow = output.auto?.follow;
      return follow?.output === leader.name ? [{ output, range: follow.range }] : [];
    });
    return { leader, input: auto.input, law: auto.pi, parts: [{ output: leader, range }, ...followers] };
  }
  return undefined;
}

/** The priority that the ranges are of; undefined where they are the owner's own. */
export function priorityOf(parts: readonly Part[]): Priority | undefined {
  return PRIORITIES.find((p) =>
    parts.every(({ output, range }) => {
      const want = isMover(output.role) ? RANGES_OF[p][output.role] : undefined;
      return want?.[0] === range[0] && want[1] === range[1];
    }),
  );
}

/** The body in which all pumps and fans that can share one law, the first pump leading. */
export function withShared(
  body: Body,
  outputs: readonly Output[],
  priority: Priority,
  law: Omit<PiLaw, 'range'>,
  input = 'water',
): Body {
  const all = sharers(outputs);
  const leader = all.find((o) => o.role === 'pump');
  if (!leader) return body;
  return all.reduce((next, o) => {
    const range = RANGES_OF[priority][o.role as Mover];
    const auto: Auto =
      o === leader ? { input, pi: { ...law, range } } : { follow: { output: leader.name, range } };
    return withAuto(next, o.name, auto);
  }, body);
}

/** The setpoint that shared work begins with: one that an output holds the water at already, if there is any. */
export function firstShared(outputs: readonly Output[]): number {
  const own = sharers(outputs).find(({ auto }) => auto?.input === 'water' && auto.pi);
  return own?.auto?.pi?.setpoint ?? FIRST_SETPOINT.temperature;
}

/** The body with another priority for work that is shared. */
export function withPriority(body: Body, shared: Shared, priority: Priority): Body {
  return shared.parts.reduce(
    (next, { output }) =>
      isMover(output.role) ? withRange(next, shared, output.name, RANGES_OF[priority][output.role]) : next,
    body,
  );
}

/** The body with another part of the demand for one output. */
export function withRange(body: Body, shared: Shared, name: string, range: Span): Body {
  const { leader, input, law } = shared;
  // The leader's law may have been changed on the way here: it is the body's that counts.
  const own = body.outputs?.find((o) => o.name === leader.name)?.auto;
  if (name === leader.name)
    return withAuto(body, name, { input: own?.input ?? input, pi: { ...(own?.pi ?? law), range } });
  return withAuto(body, name, { follow: { output: leader.name, range } });
}

/** The body with another law of the leader; its part of the demand stays. */
export function withLaw(
  body: Body,
  { leader, input, law }: Shared,
  change: Partial<PiLaw>,
  to = input,
): Body {
  // Its part may have been changed on the way here, too.
  const own = body.outputs?.find((o) => o.name === leader.name)?.auto?.pi;
  return withAuto(body, leader.name, { input: to, pi: { ...(own ?? law), ...change } });
}

/** The body without shared work: everybody goes by what it had before, or else by what it does by itself. */
export function withoutShared(
  body: Body,
  shared: Shared,
  before: ReadonlyMap<string, Auto | undefined> = new Map(),
): Body {
  return shared.parts.reduce((next, { output: { name } }) => {
    const auto = before.get(name);
    const again = auto && !auto.follow && !auto.pi?.range ? auto : undefined;
    return again ? withAuto(next, name, again) : withOutput(next, name, { auto: undefined });
  }, body);
}

/** The narrowest part of the demand, in percent: less would be a switch. */
export const NARROWEST = 5;

/** A range with an edge moved as near to a demand as the other edge allows. */
export function withEdgeAt(range: Span, edge: 0 | 1, demand: number): Span {
  const at = Math.round(demand);
  return edge === 0
    ? [clamp(at, { min: 0, max: range[1] - NARROWEST }), range[1]]
    : [range[0], clamp(at, { min: range[0] + NARROWEST, max: 100 })];
}

/** The duty at the begin of a part: of one that may rest it is where it would stop. */
export function lowOf({ min_duty, max_duty, start_duty, stop_duty }: Bounds): number {
  return start_duty > 0 ? Math.min(stop_duty, max_duty) : min_duty;
}

/** The duty that a part of the demand asks for. The law of contract/share.json. */
export function asked(bounds: Bounds, [from, to]: Span, demand: number): number {
  if (bounds.start_duty > 0 && (demand < from || demand <= 0)) return 0;
  const low = lowOf(bounds);
  return low + (bounds.max_duty - low) * clamp((demand - from) / (to - from), { min: 0, max: 1 });
}

/** The least demand at which a part asks for no less than a duty. Likewise. */
export function demandAt(bounds: Bounds, [from, to]: Span, duty: number): number {
  const [low, most] = [lowOf(bounds), Math.min(duty, bounds.max_duty)];
  if (most <= low) return bounds.start_duty > 0 && most > 0 ? from : 0;
  return from + ((to - from) * (most - low)) / (bounds.max_duty - low);
}

/** What an output does of a demand, once it turns. */
export function dutyOf({ output, range }: Part, demand: number): number {
  const duty = asked(output, range, demand);
  return duty === 0 && output.start_duty > 0 ? 0 : Math.max(duty, output.min_duty);
}

/** A duty is told in whole percents, and the newest one is a moment old: so far it may be from what is asked, in percent. */
const ABOUT = 1.5;

/**
 * The demands at which all outputs would run as they do: a device reports duties, and no demand. Where all are at
 * an end of their parts that is a span. Undefined where they do not go together, as while one of them ramps.
 */
export function demandOf(
  parts: readonly Part[],
  dutyNow: (name: string) => number | undefined,
): Span | undefined {
  let [low, high] = [0, 100];
  for (const part of parts) {
    const { output, range } = part;
    const duty = dutyNow(output.name);
    if (duty === undefined) return undefined;
    const least = Math.max(lowOf(output), output.min_duty);
    if (duty > least + ABOUT) low = Math.max(low, demandAt(output, range, duty - ABOUT));
    else if (duty > 0 && output.start_duty > 0) low = Math.max(low, range[0]);
    if (duty < output.max_duty - ABOUT)
      high = Math.min(high, demandAt(output, range, Math.max(duty, least) + ABOUT));
  }
  return low <= high ? [low, high] : undefined;
}

/** Setpoints and priorities of the presets where work is shared. */
export const SHARED_PRESETS = {
  quiet: { priority: 'pump', setpoint: FIRST_SETPOINT.temperature + 2 },
  balanced: { priority: 'pump', setpoint: FIRST_SETPOINT.temperature },
  cold: { priority: 'together', setpoint: FIRST_SETPOINT.temperature - 4 },
} as const satisfies Readonly<Record<string, { priority: Priority; setpoint: number }>>;
