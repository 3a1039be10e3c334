import { words } from '../i18n/control.svelte';
import { texts } from '../i18n/index.svelte';
import { settings } from '../settings.svelte';
import { degrees, degreesApart } from '../units';
import type { Change } from './changes';
import {
  type Auto,
  isDifference,
  type Override,
  type Point,
  type Probe,
  type Span,
  type Standby,
} from './contract';
import { DEVICE } from './defaults';

/** What the control panel calls things that have numbers in them, in the viewer's language and units. */

/** A temperature of a law: "31.5 °C", or a difference: "6.0 K". */
export function temperature(celsius: number, difference = false): string {
  return difference
    ? `${texts.format.number(degreesApart(celsius, settings.choices.degrees), 1)} ${texts.apartUnit()}`
    : texts.quantity(celsius, 'celsius');
}

/** A number of a law as the viewer sees it, and back. */
export function toShown(celsius: number, difference: boolean): number {
  const { degrees: unit } = settings.choices;
  return difference ? degreesApart(celsius, unit) : degrees(celsius, unit);
}

export function fromShown(value: number, difference: boolean): number {
  if (settings.choices.degrees === 'c') return value;
  return Number(((difference ? value : value - 32) / 1.8).toFixed(3));
}

export const percent = (duty: number): string => texts.quantity(duty, 'percent');

/** A time between samples: "10 s", "5 min". */
export function interval(ms: number): string {
  const say = (unit: 's' | 'min' | 'h', size: number) =>
    words.t(`whole.interval.${unit}`, { n: texts.format.number(ms / size, ms % size === 0 ? 0 : 1) });
  if (ms < 60_000 || ms % 60_000 !== 0) return say('s', 1000);
  return ms < 3_600_000 ? say('min', 60_000) : say('h', 3_600_000);
}

/** What a law looks at: "Water", "Water over Ambient". */
export function inputName(input: string): string {
  const [a = '', b] = input.split('-');
  return b === undefined ? texts.metric(a) : words.t('law.apart', { a: texts.metric(a), b: texts.metric(b) });
}

/** A change in words: "Fan, minimum duty: 20% → 30%". */
export function changed({ path, before, after }: Change): string {
  const [first = '', output, ...rest] = path;
  const members = first === 'outputs' && output !== undefined ? rest : path;
  const [member = ''] = members;
  const name = words.find('path', member) ?? members.join('.');
  const what = first !== 'outputs' || output === undefined ? name : ofOutput(output, member ? name : '');
  // An output has a law by itself, and an override only by a person.
  const absent = words.t(member === 'override' ? 'change.nothing' : 'change.none');
  const said = (value: unknown) => (value === undefined ? absent : shownValue(members, value));
  return words.t('change.all', { what, before: said(before), after: said(after) });
}

const UNITS: Readonly<Record<string, () => string>> = {
  dew_margin_k: () => texts.t('unit.kelvin'),
  spin_up_ms: () => words.t('motor.unit.ms'),
  min_on_s: () => words.t('motor.unit.s'),
  min_off_s: () => words.t('motor.unit.s'),
  slew_up: () => words.t('motor.unit.slew'),
  slew_down: () => words.t('motor.unit.slew'),
};

function ofOutput(output: string, what: string): string {
  return what === '' ? words.output(output) : words.t('change.of', { output: words.output(output), what });
}

function shownValue(members: readonly string[], value: unknown): string {
  const member = members.at(-1) ?? '';
  if (typeof value === 'number') {
    if (member === 'interval_ms') return interval(value);
    if (member === 'critical_c') return temperature(value);
    if (member.endsWith('_w')) return texts.quantity(value, 'watt');
    if (member === 'stall_rpm') return texts.quantity(value, 'rpm');
    const unit = UNITS[member];
    if (unit) return `${texts.format.number(value, Number.isInteger(value) ? 0 : 1)} ${unit()}`;
    if (member.endsWith('_duty')) return percent(value);
    if (member.endsWith('_rpm')) return texts.quantity(value, 'rpm');
  }
  if (member === 'role' && typeof value === 'string') return words.named('role', value);
  if (member === 'kind' && typeof value === 'string') return words.named('kind', value);
  if (members.length === 1 && member === 'auto') return law(value as Auto);
  if (members.length === 1 && member === 'override') return override(value as Override);
  if (members.length === 1 && member in LISTS) return LISTS[member]?.(value) ?? '';
  // What the page has no words for is shown as it is, between backticks: as code.
  return typeof value === 'string' ? value : `\`${JSON.stringify(value).replaceAll('`', "'")}\``;
}

/** What is said whole, in words. */
const LISTS: Readonly<Record<string, (value: unknown) => string>> = {
  skip: (value) =>
    texts.format.list((value as Span[]).map(([from, to]) => words.t('change.band', span([from, to])))),
  probes: (value) =>
    texts.format.list(
      (value as Probe[]).map(({ role, rom, offset_k = 0 }) =>
        words.t('change.probe', {
          role: texts.metric(role),
          rom: `\`${rom}\``,
          offset: `${texts.format.number(offset_k, 2)} ${texts.t('unit.kelvin')}`,
        }),
      ),
    ),
  standby: (value) => {
    const { enabled, idle_w } = { ...DEVICE.standby, ...(value as Standby) };
    if (!enabled) return words.t('change.standby.off');
    return words.t('change.standby.on', { heat: texts.quantity(idle_w, 'watt') });
  },
};

const span = ([from, to]: Span) => ({ from: percent(from), to: percent(to) });

function law(auto: Auto): string {
  const difference = isDifference(auto.input);
  if (auto.follow) {
    return words.t('change.follows', {
      output: words.output(auto.follow.output),
      ...span(auto.follow.range),
    });
  }
  if (auto.pi?.range) {
    const value = temperature(auto.pi.setpoint, difference);
    return words.t('change.shared', { value, ...span(auto.pi.range) });
  }
  if (auto.pi) return words.t('change.pi', { value: temperature(auto.pi.setpoint, difference) });
  const point = ([temp, duty]: Point) =>
    words.t('change.points', { temp: temperature(temp, difference), duty: percent(duty) });
  return words.t('change.curve', { points: texts.format.list((auto.curve?.points ?? []).map(point)) });
}

function override({ duty, until }: Override): string {
  return words.t('change.until', { duty: percent(duty), time: texts.format.moment(until) });
}
