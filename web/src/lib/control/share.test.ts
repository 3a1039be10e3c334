import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Body, OutputBody, Span } from './contract';
import type { Bounds } from './curve';
import { FIRST_PI, PRESETS, ROLES } from './defaults';
import { outputsOf, withAuto, withOutput } from './outputs';
import { presetOf, withPreset } from './presets';
import {
  asked,
  canShare,
  demandAt,
  demandOf,
  dutyOf,
  firstShared,
  NARROWEST,
  PRIORITIES,
  priorityOf,
  type Shared,
  sharedOf,
  sharers,
  withEdgeAt,
  withLaw,
  withoutShared,
  withPriority,
  withRange,
  withShared,
} from './share';

const OWN = ['pump', 'fan'];
const law = { setpoint: 32, ...FIRST_PI };
const all = (body: Body) => outputsOf(body, OWN);
const on = (body: Body = {}) => withShared(body, all(body), 'pump', law);
const shared = (body: Body) => sharedOf(all(body)) as Shared;

describe('a part of the demand, as the vectors have it', () => {
  const file = readFileSync(join(import.meta.dirname, '../../../../contract/share.json'), 'utf8');
  const { shares } = JSON.parse(file) as {
    shares: {
      name: string;
      output: Bounds & { range: Span };
      parts: [number, number][];
      demands: [number, number][];
    }[];
  };
  test('there are some', () => expect(shares.length).toBeGreaterThan(3));
  test.each(shares)('$name', ({ output, parts, demands }) => {
    for (const [demand, duty] of parts) expect(asked(output, output.range, demand)).toBeCloseTo(duty, 9);
    for (const [duty, demand] of demands) expect(demandAt(output, output.range, duty)).toBeCloseTo(demand, 9);
  });
});

describe('shared work', () => {
  test('begins with a setpoint that an output holds already', () => {
    const fan = (input: string) => all(withAuto({}, 'fan', { input, pi: { ...law, setpoint: 29.5 } }));
    expect(firstShared(fan('water'))).toBe(29.5);
    expect(firstShared(fan('water-ambient'))).toBe(32);
    expect(firstShared(all({}))).toBe(32);
  });

  test('is led by the pump, and what leads and follows can be told', () => {
    const body = on();
    expect(body.outputs).toEqual([
      { name: 'pump', auto: { input: 'water', pi: { ...law, range: [0, 60] } } },
      { name: 'fan', auto: { follow: { output: 'pump', range: [40, 100] } } },
    ]);
    expect(shared(body).leader.name).toBe('pump');
    expect(shared(body).parts.map((p) => p.output.name)).toEqual(['pump', 'fan']);
    expect(sharedOf(all({}))).toBeUndefined();
  });
  test('is for pumps and fans that can run at any duty', () => {
    expect(canShare(all({}))).toBe(true);
    expect(canShare(outputsOf({}, ['fan']))).toBe(false);
    const relay: Body = { outputs: [{ name: 'pump', kind: 'switch' }] };
    expect(sharers(all(relay)).map((o) => o.name)).toEqual(['fan']);
    expect(canShare(all(relay))).toBe(false);
    expect(withShared(relay, all(relay), 'pump', law)).toBe(relay);
  });
  test('takes every pump and fan along', () => {
    const more: OutputBody[] = [{ name: 'fan2', role: 'fan', kind: 'pwm4', wiring: { pin: 21 } }];
    expect(shared(on({ outputs: more })).parts.map((p) => [p.output.name, p.range])).toEqual([
      ['pump', [0, 60]],
      ['fan', [40, 100]],
      ['fan2', [40, 100]],
    ]);
  });
  test.each(PRIORITIES)('can be ordered: %s', (priority) => {
    const body = withPriority(on(), shared(on()), priority);
    expect(priorityOf(shared(body).parts)).toBe(priority);
    expect(shared(body).law).toMatchObject(law);
  });
  test('may be cut as its owner likes', () => {
    const body = withRange(on(), shared(on()), 'fan', [30, 80]);
    expect(priorityOf(shared(body).parts)).toBeUndefined();
    expect(shared(body).parts[1]?.range).toEqual([30, 80]);
    expect(shared(withRange(body, shared(body), 'pump', [10, 50])).parts[0]?.range).toEqual([10, 50]);
  });
  test('has one law, of which the parts are no part', () => {
    const body = withLaw(on(), shared(on()), { setpoint: 6 }, 'water-ambient');
    expect(shared(body)).toMatchObject({ input: 'water-ambient', law: { setpoint: 6, range: [0, 60] } });
    // One edit after the other, on the same reading of the form.
    const twice = withLaw(withPriority(on(), shared(on()), 'together'), shared(on()), { setpoint: 30 });
    expect(priorityOf(shared(twice).parts)).toBe('together');
  });
  test('ends where everybody was before, or began', () => {
    expect(withoutShared(on(), shared(on()))).toEqual({});
    const own = withAuto({}, 'fan', { input: 'water', curve: { points: [[30, 50]] } });
    const before = new Map(all(own).map((o) => [o.name, o.auto]));
    expect(withoutShared(on(own), shared(on(own)), before)).toEqual(own);
    // What was remembered while it was shared already is no way back.
    const stale = new Map(all(on()).map((o) => [o.name, o.auto]));
    expect(withoutShared(on(), shared(on()), stale)).toEqual({});
  });
});

describe('an edge of a range', () => {
  test.each<[Span, 0 | 1, number, Span]>([
    [[0, 60], 0, 20.4, [20, 60]],
    [[0, 60], 0, 90, [60 - NARROWEST, 60]],
    [[0, 60], 0, -5, [0, 60]],
    [[40, 100], 1, 10, [40, 40 + NARROWEST]],
    [[40, 100], 1, 150, [40, 100]],
  ])('%j %i to %d', (range, edge, to, want) => expect(withEdgeAt(range, edge, to)).toEqual(want));
});

describe('the demand, told from what the outputs do', () => {
  const { parts } = shared(on());
  const told = (pump: number | undefined, fan: number | undefined) =>
    demandOf(parts, (name) => (name === 'pump' ? pump : fan));

  test('holds what made them do it, and little else', () => {
    for (let u = 0; u <= 100; u++) {
      const duties = parts.map((p) => Math.round(dutyOf(p, u)));
      const found = told(duties[0], duties[1]);
      expect(found, `at ${u}`).toBeDefined();
      const [low = 0, high = 0] = found ?? [];
      expect(u).toBeGreaterThanOrEqual(low - 0.01);
      expect(u).toBeLessThanOrEqual(high + 0.01);
      expect(high - low).toBeLessThan(6);
    }
  });
  test('is a span where everybody is at an end', () => {
    const apart = shared(
      withRange(withRange(on(), shared(on()), 'pump', [0, 30]), shared(on()), 'fan', [70, 100]),
    );
    const [low = 0, high = 0] = demandOf(apart.parts, (name) => (name === 'pump' ? 100 : 0)) ?? [];
    expect(low).toBeLessThan(30);
    expect(low).toBeGreaterThan(28);
    expect(high).toBeGreaterThanOrEqual(70);
  });
  test('is unknown without a duty, and where they do not go together', () => {
    expect(told(undefined, 20)).toBeUndefined();
    expect(told(40, 100)).toBeUndefined();
  });
  test('a fan that rests below its part is off, and one above its stop point turns', () => {
    const fan = parts[1];
    if (!fan) throw new Error('no fan');
    expect(dutyOf(fan, 39)).toBe(0);
    expect(dutyOf(fan, 40)).toBe(ROLES.fan.stop_duty);
    const raised = { ...fan, output: { ...fan.output, min_duty: 30 } };
    expect(dutyOf(raised, 40)).toBe(30);
  });
});

describe('presets where work is shared', () => {
  test.each(PRESETS)('%s keeps it shared, and can be told again', (preset) => {
    const body = withPreset(on(), OWN, preset);
    expect(sharedOf(all(body))).toBeDefined();
    expect(presetOf(all(body))).toBe(preset);
    expect(shared(body).law).toMatchObject(FIRST_PI);
  });
  test('colder is colder', () => {
    const setpoints = PRESETS.map((p) => shared(withPreset(on(), OWN, p)).law.setpoint);
    expect(setpoints).toEqual([...setpoints].sort((a, b) => b - a));
    expect(new Set(setpoints).size).toBe(PRESETS.length);
  });
  test('an output that is not in it follows the preset by its curve', () => {
    const relay: Body = { outputs: [{ name: 'fan2', role: 'fan', kind: 'switch', wiring: { pin: 21 } }] };
    const body = withPreset(on(relay), OWN, 'cold');
    expect(presetOf(all(body))).toBe('cold');
    expect(presetOf(all(withOutput(body, 'fan2', { auto: undefined })))).toBeUndefined();
  });
  test('a setpoint of one’s own is none', () => {
    expect(presetOf(all(withLaw(on(), shared(on()), { setpoint: 29.5 })))).toBeUndefined();
  });
});
