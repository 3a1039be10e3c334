import { same } from './changes';
import { type Auto, type Body, type OutputBody, type Override, outputOf, type Role } from './contract';
import { PRESETS, type Preset, presetAuto, ROLES } from './defaults';

/** An output as it is asked to be: what the owner says of it on top of what it does by itself. */
export interface Output {
  name: string;
  /** Undefined where neither the owner nor the name says what it moves. */
  role: Role | undefined;
  /** Whether it can only be on or off. */
  onOff: boolean;
  min_duty: number;
  max_duty: number;
  start_duty: number;
  stop_duty: number;
  auto: Auto | undefined;
  override: Override | undefined;
}

/** The role that a name such as "fan2" states. */
export function roleOf(name: string): Role | undefined {
  const stem = name.replace(/[\d_]+$/, '');
  return Object.hasOwn(ROLES, stem) ? (stem as Role) : undefined;
}

/** The outputs of a device, pumps first: those that it has by its own word, and those that are asked for. */
export function outputsOf(body: Body, own: readonly string[]): Output[] {
  const names = new Set([...own, ...(body.outputs ?? []).map((o) => o.name)]);
  const order: (Role | undefined)[] = ['pump', 'fan', 'chiller', 'buzzer', undefined];
  return [...names]
    .filter((name) => outputOf(body, name)?.kind !== 'none')
    .map((name) => joined(name, outputOf(body, name)))
    .sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role) || a.name.localeCompare(b.name));
}

function joined(name: string, said: OutputBody | undefined): Output {
  const role = said?.role ?? roleOf(name);
  const own = role && ROLES[role];
  return {
    name,
    role,
    onOff: (said?.kind ?? own?.kind) === 'switch',
    min_duty: said?.min_duty ?? own?.min_duty ?? 0,
    max_duty: said?.max_duty ?? own?.max_duty ?? 100,
    start_duty: said?.start_duty ?? own?.start_duty ?? 0,
    stop_duty: said?.stop_duty ?? own?.stop_duty ?? 0,
    auto: said?.auto ?? own?.auto,
    override: said?.override,
  };
}

/** The body with members of an output changed. A member that is undefined is not said any more. */
export function withOutput(
  body: Body,
  name: string,
  change: { [M in keyof OutputBody]?: OutputBody[M] | undefined },
): Body {
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

/** The body with a preset for every pump and fan that it has. */
export function withPreset(body: Body, own: readonly string[], preset: Preset): Body {
  let next = body;
  for (const { name, role } of outputsOf(body, own)) {
    const auto = presetAuto(preset, role);
    if (auto) next = withAuto(next, name, auto);
  }
  return next;
}

/** The preset that all pumps and fans follow; undefined if they follow the owner's own. */
export function presetOf(outputs: readonly Output[]): Preset | undefined {
  const regulated = outputs.filter((o) => presetAuto('balanced', o.role) !== undefined);
  if (regulated.length === 0) return undefined;
  return PRESETS.find((p) => regulated.every((o) => same(o.auto, presetAuto(p, o.role))));
}
