import type { Board } from './board';
import { type Body, type Kind, MOST, type OutputBody, outputOf, type Role, type Wiring } from './contract';
import type { Output } from './outputs';

/** How outputs are wired, added, turned into something else and given up. Pure. */

/** The kinds that an output of a role may be. A 4-wire motor runs at full speed without the device, which no chiller may. */
export function kindsOf(role: Role): readonly Kind[] {
  return role === 'chiller' ? ['switch', 'dc_pwm'] : ['pwm4', 'dc_pwm', 'switch'];
}

/**
 * Whether the pin is high for "off". A chip without power pulls its pins low, and a pump or a fan has to run
 * then, and a chiller to be off; so only a buzzer has a choice.
 */
export function levelOf(role: Role, kind: Kind | undefined): boolean {
  return role === 'pump' || role === 'fan' || (role === 'buzzer' && kind === 'pwm4');
}

/** Pins that outputs have, by the name of who has them. Pins that nobody says are not in it. */
function taken(outputs: readonly Output[], but: string | undefined): Set<number> {
  const others = outputs.filter((o) => o.name !== but);
  return new Set(others.flatMap(({ wiring: { pin = -1, tacho_pin } }) => [pin, tacho_pin ?? -1]));
}

/** The pins that an output may be driven by, its own among them. */
export function outputPins(board: Board | undefined, outputs: readonly Output[], name?: string): number[] {
  const tacho = outputs.find((o) => o.name === name)?.wiring.tacho_pin;
  const used = taken(outputs, name);
  return (board?.output_pins ?? []).filter((p) => !used.has(p) && p !== tacho);
}

/** The pins at which its tachometer may be. */
export function tachoPins(board: Board | undefined, outputs: readonly Output[], name?: string): number[] {
  const pin = outputs.find((o) => o.name === name)?.wiring.pin;
  const used = taken(outputs, name);
  return (board?.input_pins ?? []).filter((p) => !used.has(p) && p !== pin);
}

/** A name for one more output of a role: "fan2" where there is a fan. */
export function freeName(role: Role, names: readonly string[]): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? role : `${role}${n}`;
    if (!names.includes(name)) return name;
  }
}

/** Whether a device takes it for the name of an output: it is the beginning of a metric's. */
export function isName(name: string): boolean {
  return /^[a-z][a-z0-9_]{0,26}$/.test(name);
}

const list = (body: Body) => body.outputs ?? [];
const withList = (body: Body, outputs: readonly OutputBody[]): Body => {
  const { outputs: _, ...rest } = body;
  return outputs.length > 0 ? { ...rest, outputs } : rest;
};

/** The body with one more output. What is not said of it is the default of its role and kind. */
export function withAdded(body: Body, name: string, role: Role, kind: Kind, pin: number): Body {
  const added: OutputBody = { name, role, kind, wiring: { pin } };
  return withList(body, [...list(body).filter((o) => o.name !== name), added]);
}

/** The body without an output. One of the board has to be given up, another one is only not asked for any more. */
export function withoutOutput(body: Body, { name, board }: Pick<Output, 'name' | 'board'>): Body {
  const rest = list(body)
    .filter((o) => o.name !== name)
    .map(free(name));
  return withList(body, board ? [...rest, { name, kind: 'none' }] : rest);
}

/** The body in which an output of the board is as the board has it. */
export function withBoards(body: Body, name: string): Body {
  return withList(
    body,
    list(body).filter((o) => o.name !== name),
  );
}

/** Whoever followed an output that is gone, or cannot lead any more, goes by what it does by itself. */
function free(leader: string) {
  return (o: OutputBody): OutputBody => {
    if (o.auto?.follow?.output !== leader) return o;
    const { auto: _, ...rest } = o;
    return rest;
  };
}

/** The body with another name for an output that the owner added, wherever it is named. */
export function withName(body: Body, from: string, to: string): Body {
  if (from === to || !isName(to) || outputOf(body, to)) return body;
  return withList(
    body,
    list(body).map((o) => {
      if (o.name === from) return { ...o, name: to };
      const follow = o.auto?.follow;
      return follow?.output === from ? { ...o, auto: { follow: { ...follow, output: to } } } : o;
    }),
  );
}

/** What a device takes from the defaults of what the output is now. */
const OF_ROLE = [
  'min_duty',
  'max_duty',
  'start_duty',
  'stop_duty',
  'failsafe_duty',
  'skip',
  'spin_up_ms',
  'stall_rpm',
  'slew_up',
  'slew_down',
  'min_on_s',
  'min_off_s',
  'auto',
  'override',
];

/**
 * The body with another role or kind for an output. With another role everything but its pins is the default of what
 * it is now: the duties of a fan say nothing about a pump.
 */
export function withIdentity(body: Body, output: Output, role: Role, wanted: Kind): Body {
  const kind = kindsOf(role).includes(wanted) ? wanted : (kindsOf(role)[0] ?? wanted);
  if (role === output.role && kind === output.kind) return body;
  const old = outputOf(body, output.name) ?? { name: output.name };
  const turned = role !== output.role;
  const cannotShare = kind === 'switch' && (old.auto?.follow || old.auto?.pi?.range);
  const drop = new Set([...(turned ? OF_ROLE : []), ...(cannotShare ? ['auto'] : [])]);
  const kept = Object.entries(old).filter(([member]) => !drop.has(member));
  const { hz: _, ...wires } = old.wiring ?? {};
  const wiring: Wiring = { ...wires, inverted: levelOf(role, kind) };
  const next: OutputBody = { ...Object.fromEntries(kept), name: output.name, role, kind, wiring };
  const others = turned || cannotShare ? list(body).map(free(output.name)) : list(body);
  const at = others.findIndex((o) => o.name === output.name);
  return withList(body, at < 0 ? [...others, next] : others.with(at, next));
}

/** The wiring with something changed; undefined where nothing of it is said any more. */
export function withWire(
  said: Wiring | undefined,
  change: { [M in keyof Wiring]?: Wiring[M] | undefined },
): Wiring | undefined {
  const next = Object.entries({ ...said, ...change }).filter(([, value]) => value !== undefined);
  return next.length > 0 ? (Object.fromEntries(next) as Wiring) : undefined;
}

export type AddProblem = 'no_pin' | 'too_many' | 'no_channel';

/** Why no more outputs can be added; undefined: they can. */
export function addProblem(
  board: Board | undefined,
  outputs: readonly Output[],
  kind: Kind,
): AddProblem | undefined {
  if (outputs.length >= MOST.outputs) return 'too_many';
  if (outputPins(board, outputs).length === 0) return 'no_pin';
  const channels = outputs.filter((o) => !o.onOff).length;
  return kind !== 'switch' && channels >= (board?.pwm_channels ?? Number.POSITIVE_INFINITY)
    ? 'no_channel'
    : undefined;
}
