import { type Auto, type Body, clamp, type PiLaw, type Role, type Span } from './contract';
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
  return withAuto(body, leader.name, { input: to, pi: { ...law, ...change } });
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

/** What an output runs at where it begins: one that may rest turns at its stop duty then. */
export const lowOf = ({ min_duty, start_duty, stop_duty }: Output): number =>
  start_duty > 0 ? stop_duty : min_duty;

/** What an output does of a demand: the equation of contract/share.json, within its bounds. */
export function dutyOf({ output, range: [from, to] }: Part, demand: number): number {
  if (output.start_duty > 0 && demand < from) return 0;
  const low = lowOf(output);
  const part = clamp((demand - from) / (to - from), { min: 0, max: 1 });
  return clamp(low + (output.max_duty - low) * part, { min: output.min_duty, max: output.max_duty });
}

/**
 * The demands at which the outputs would run as they do: a device reports duties, and no demand. Where all are at
 * an end of their parts that is a span. Undefined where they do not go together, as while one is overridden or ramps.
 */
export function demandOf(
  parts: readonly Part[],
  dutyOfOutput: (name: string) => number | undefined,
): Span | undefined {
  let [low, high] = [0, 100];
  for (const { output, range } of parts) {
    const duty = dutyOfOutput(output.name);
    if (duty === undefined) return undefined;
    const [from, to] = range;
    const [least, most] = [Math.max(lowOf(output), output.min_duty), output.max_duty];
    const around = 1.5; // a duty is told in whole percents, and ramps
    const at = (d: number) => from + ((to - from) * (d - lowOf(output))) / Math.max(1, most - lowOf(output));
    if (duty > least + around)
      low = Math.max(low, duty >= most - around ? at(most - around) : at(duty - around));
    else if (duty > 0 && output.start_duty > 0) low = Math.max(low, from);
    if (duty < most - around)
      high = Math.min(high, duty <= least + around ? at(least + around) : at(duty + around));
  }
  if (low > high) return undefined;
  return [clamp(low, { min: 0, max: 100 }), clamp(high, { min: 0, max: 100 })];
}

/** Setpoints and priorities of the presets where work is shared. */
export const SHARED_PRESETS = {
  quiet: { priority: 'pump', setpoint: FIRST_SETPOINT.temperature + 2 },
  balanced: { priority: 'pump', setpoint: FIRST_SETPOINT.temperature },
  cold: { priority: 'together', setpoint: FIRST_SETPOINT.temperature - 4 },
} as const satisfies Readonly<Record<string, { priority: Priority; setpoint: number }>>;
