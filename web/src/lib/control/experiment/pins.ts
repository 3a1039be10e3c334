import type { Device } from '../../api/types';
import { type Body, outputOf, type Role } from '../contract';
import { withOutput } from '../outputs';
import type { Exchange } from './diagnosis';

/** Exchanging what outputs are connected to, and giving them other names. Pure. */

/** Where an output is connected; a tachometer's pin is missing where it has none. */
export interface Pins {
  pin: number;
  tacho_pin: number | undefined;
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const gpio = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

const wiringOf = (body: Body, name: string): Members => {
  const said = outputOf(body, name)?.wiring;
  return isObject(said) ? (said as Members) : {};
};

/** What the board says that it has at an output by itself; undefined where it does not say. */
function boardOutput(device: Pick<Device, 'info'>, name: string): Members | undefined {
  const board: unknown = device.info?.board;
  const outputs = isObject(board) && Array.isArray(board.outputs) ? board.outputs : [];
  return outputs.find((o: unknown): o is Members => isObject(o) && o.name === name);
}

/** Where an output is connected, by what is asked for and what the board has by itself. Undefined: nobody says. */
export function pinsOf(device: Pick<Device, 'info'>, body: Body, name: string): Pins | undefined {
  const all = { ...boardOutput(device, name), ...wiringOf(body, name) };
  const pin = gpio(all.pin);
  return pin === undefined ? undefined : { pin, tacho_pin: gpio(all.tacho_pin) };
}

/** Whether an output has a tachometer: by its wiring, else by whether its speed was ever heard. */
export function hasTachometer(device: Pick<Device, 'info' | 'newest'>, body: Body, name: string): boolean {
  const said = wiringOf(body, name);
  if ('tacho_pin' in said) return gpio(said.tacho_pin) !== undefined;
  return device.newest.some((r) => r.metric === `${name}_rpm`);
}

/** The body with two outputs' connections exchanged; undefined where their pins are not known. */
export function exchanged(
  device: Pick<Device, 'info'>,
  body: Body,
  [a, b]: readonly [string, string],
  what: Exchange,
): Body | undefined {
  const [of, by] = [pinsOf(device, body, a), pinsOf(device, body, b)];
  if (!of || !by) return undefined;
  const taken = (own: Pins, other: Pins) => ({
    pin: what === 'tachometers' ? own.pin : other.pin,
    tacho_pin: (what === 'wires' ? own : other).tacho_pin ?? -1,
  });
  const next = withOutput(body, a, { wiring: { ...wiringOf(body, a), ...taken(of, by) } });
  return withOutput(next, b, { wiring: { ...wiringOf(next, b), ...taken(by, of) } });
}

/**
 * The body with an output under another name: a new one with everything that is said of the old one and its pins, and the old
 * one given up. Undefined where the pins are not known.
 */
export function renamed(
  device: Pick<Device, 'info'>,
  body: Body,
  from: string,
  to: string,
  role: Role,
): Body | undefined {
  const pins = pinsOf(device, body, from);
  if (!pins) return undefined;
  const [said, board] = [outputOf(body, from), boardOutput(device, from)];
  const kind = said?.kind ?? (typeof board?.kind === 'string' ? board.kind : 'pwm4');
  const own = wiringOf(body, from);
  const wiring = {
    ...own,
    pin: pins.pin,
    ...(pins.tacho_pin === undefined ? {} : { tacho_pin: pins.tacho_pin }),
  };
  const rest = (body.outputs ?? []).filter((o) => o.name !== from && o.name !== to);
  // An output that the board does not have by itself is not named any more; one of the board's has to be given up.
  const given = board === undefined ? [] : [{ name: from, kind: 'none' as const }];
  const followers = rest.map((o) => (followed(o) === from ? withLeader(o, to) : o));
  return {
    ...body,
    outputs: [...followers, ...given, { ...said, name: to, role, kind: kind as 'pwm4', wiring }],
  };
}

type Said = NonNullable<Body['outputs']>[number];

/** The output that another one shares the work of. */
function followed({ auto }: Said): unknown {
  const follow: unknown = (auto as Members | undefined)?.follow;
  return isObject(follow) ? follow.output : undefined;
}

function withLeader(o: Said, leader: string): Said {
  const auto = o.auto as unknown as { follow: Members };
  return {
    ...o,
    auto: { ...auto, follow: { ...auto.follow, output: leader } } as unknown as Said['auto'],
  } as Said;
}
