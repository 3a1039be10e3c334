import type { Board } from './board';
import { same } from './changes';
import {
  type Auto,
  type Body,
  type Kind,
  type OutputBody,
  type Override,
  outputOf,
  type Role,
  type Span,
  type Wiring,
} from './contract';
import { ROLES, type RoleDefaults, WIRE } from './defaults';
import { levelOf } from './wiring';

/** An output as it is asked to be: what the owner says of it on top of what it does by itself. */
export interface Output extends Omit<RoleDefaults, 'kind' | 'auto'> {
  name: string;
  /** Undefined where neither the owner nor the device nor the name says what it moves. */
  role: Role | undefined;
  kind: Kind | undefined;
  /** Whether it can only be on or off. */
  onOff: boolean;
  /** Whether the board has it by itself, so that it comes back where nothing is said of it. */
  board: boolean;
  skip: readonly Span[];
  /** A pin that nobody says is undefined: it is the board's own. */
  wiring: Wiring;
  auto: Auto | undefined;
  override: Override | undefined;
  /** What the owner says of it; anything else is the board's own, or the default of its role. */
  said: OutputBody | undefined;
}

/** The role that a name such as "fan2" states. */
export function roleOf(name: string): Role | undefined {
  const stem = name.replace(/[\d_]+$/, '');
  return Object.hasOwn(ROLES, stem) ? (stem as Role) : undefined;
}

/** The outputs of a device, pumps first: those that it has by its own word, and those that are asked for. */
export function outputsOf(body: Body, own: readonly string[], board?: Board): Output[] {
  // Where it is known which are the board's, others that the device has are those of an earlier edit.
  const names = new Set([
    ...(board?.outputs?.map((o) => o.name) ?? own),
    ...(body.outputs ?? []).map((o) => o.name),
  ]);
  const order: (Role | undefined)[] = ['pump', 'fan', 'chiller', 'buzzer', undefined];
  return [...names]
    .filter((name) => outputOf(body, name)?.kind !== 'none')
    .map((name) => joined(name, outputOf(body, name), own, board))
    .sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role) || a.name.localeCompare(b.name));
}

/** The outputs of the board that the owner has given up. */
export function givenUp(body: Body): string[] {
  return (body.outputs ?? []).filter((o) => o.kind === 'none').map((o) => o.name);
}

/**
 * Whether the board has an output by itself. Where it does not say so, one that is complete in what is asked for
 * was added by the owner.
 */
export function isBoards(name: string, body: Body, own: readonly string[], board?: Board): boolean {
  if (board?.outputs) return board.outputs.some((o) => o.name === name);
  const said = outputOf(body, name);
  const complete = said?.role !== undefined && said.kind !== undefined && said.wiring?.pin !== undefined;
  return own.includes(name) && !complete;
}

function joined(name: string, said: OutputBody | undefined, own: readonly string[], board?: Board): Output {
  const its = board?.outputs?.find((o) => o.name === name);
  const role = said?.role ?? its?.role ?? roleOf(name);
  const defaults = role && ROLES[role];
  const kind = said?.kind === 'none' ? undefined : (said?.kind ?? its?.kind ?? defaults?.kind);
  return {
    name,
    role,
    kind,
    onOff: kind === 'switch',
    board: isBoards(name, { outputs: said ? [said] : [] }, own, board),
    min_duty: said?.min_duty ?? defaults?.min_duty ?? 0,
    max_duty: said?.max_duty ?? defaults?.max_duty ?? 100,
    start_duty: said?.start_duty ?? defaults?.start_duty ?? 0,
    stop_duty: said?.stop_duty ?? defaults?.stop_duty ?? 0,
    failsafe_duty: said?.failsafe_duty ?? defaults?.failsafe_duty ?? 100,
    skip: said?.skip ?? [],
    spin_up_ms: said?.spin_up_ms ?? defaults?.spin_up_ms ?? 0,
    stall_rpm: said?.stall_rpm ?? defaults?.stall_rpm ?? 0,
    slew_up: said?.slew_up ?? defaults?.slew_up ?? 0,
    slew_down: said?.slew_down ?? defaults?.slew_down ?? 0,
    min_on_s: said?.min_on_s ?? defaults?.min_on_s ?? 0,
    min_off_s: said?.min_off_s ?? defaults?.min_off_s ?? 0,
    wiring: {
      ...(kind === 'switch' ? {} : { hz: WIRE.hz }),
      tacho_pulses: WIRE.tacho_pulses,
      ...(role ? { inverted: levelOf(role, kind) } : {}),
      ...its?.wiring,
      ...said?.wiring,
    },
    auto: said?.auto ?? defaults?.auto,
    override: said?.override,
    said,
  };
}

/** Members of an output to say; one that is undefined is not said any more. */
export type Said = { [M in keyof OutputBody]?: OutputBody[M] | undefined };

/** The body with members of an output changed. */
export function withOutput(body: Body, name: string, change: Said): Body {
  const list = body.outputs ?? [];
  const next: OutputBody = { ...(outputOf(body, name) ?? { name }) };
  for (const [member, value] of Object.entries(change)) {
    if (value === undefined) delete next[member];
    else next[member] = value;
  }
  const at = list.findIndex((o) => o.name === name);
  const said = Object.keys(next).length > 1;
  const outputs =
    at < 0 ? [...list, ...(said ? [next] : [])] : said ? list.with(at, next) : list.toSpliced(at, 1);
  return withMember(body, 'outputs', outputs.length > 0 ? outputs : undefined);
}

/** The body with a member changed; undefined: not said any more. */
export function withMember<K extends keyof Body & string>(
  body: Body,
  member: K,
  value: Body[K] | undefined,
): Body {
  const { [member]: _, ...rest } = body;
  return value === undefined ? rest : { ...rest, [member]: value };
}

/** The body with the law of an output changed; one that the output has by itself need not be said. */
export function withAuto(body: Body, name: string, auto: Auto): Body {
  const role = outputOf(body, name)?.role ?? roleOf(name);
  const own = role && roleOf(name) === role ? ROLES[role].auto : undefined;
  return withOutput(body, name, { auto: same(auto, own) ? undefined : auto });
}
