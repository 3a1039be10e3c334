import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changes } from './changes';
import { type Body, RANGES } from './contract';
import { dutyAt } from './curve';
import { dangers } from './dangers';
import { PRESETS, presetAuto, ROLES } from './defaults';
import { outputsOf, roleOf, withAuto, withMember, withOutput } from './outputs';
import { presetOf, withPreset } from './presets';

const OWN = ['fan', 'pump'];

describe('the defaults', () => {
  const contract = readFileSync(join(import.meta.dirname, '../../../../contract/README.md'), 'utf8');
  const about = /^- Defaults by role:[\s\S]*?\n- /m.exec(contract)?.[0] ?? '';

  test('are those of the contract', () => {
    const said = JSON.stringify;
    for (const role of ['pump', 'fan', 'chiller'] as const) {
      expect(about).toContain(said(ROLES[role].auto?.curve?.points));
    }
    expect(about).toContain(`pump min ${ROLES.pump.min_duty}`);
    expect(about).toContain(`fan min ${ROLES.fan.min_duty}`);
    expect(about).toContain(`rests below ${ROLES.fan.stop_duty} (starts at ${ROLES.fan.start_duty})`);
  });

  test.each(PRESETS.flatMap((p) => [[p, 'pump'] as const, [p, 'fan'] as const]))(
    '%s of a %s can be asked for',
    (preset, role) => {
      const points = presetAuto(preset, role)?.curve?.points ?? [];
      expect(points.length).toBeGreaterThan(1);
      for (const [i, [t, d]] of points.entries()) {
        expect(t).toBeGreaterThan(points[i - 1]?.[0] ?? Number.NEGATIVE_INFINITY);
        expect(d).toBeGreaterThanOrEqual(points[i - 1]?.[1] ?? RANGES.duty.min);
      }
      // However quiet: at full duty well before critical.
      expect(points.at(-1)?.[0]).toBeLessThanOrEqual(42);
      expect(points.at(-1)?.[1]).toBeGreaterThanOrEqual(90);
    },
  );

  test('presets are in the order of their noise', () => {
    for (const role of ['pump', 'fan'] as const) {
      const warm = PRESETS.map((p) => presetAuto(p, role)?.curve?.points[0]?.[0] ?? 0);
      expect(warm).toEqual([...warm].sort((a, b) => b - a));
    }
  });
});

test('a quiet fan starts about 4 K later, and a cold one never rests', () => {
  const { start_duty, stop_duty } = ROLES.fan;
  const starts = (preset: (typeof PRESETS)[number]) => {
    const points = presetAuto(preset, 'fan')?.curve?.points ?? [];
    for (let t = 0; t < 60; t += 0.1) if (dutyAt(points, t) >= start_duty) return t;
    return Number.NaN;
  };
  expect(starts('quiet')).toBeCloseTo(31, 0);
  expect(starts('quiet') - starts('balanced')).toBeCloseTo(4, 0);
  expect(dutyAt(presetAuto('cold', 'fan')?.curve?.points ?? [], -20)).toBeGreaterThan(stop_duty);
});

describe('the outputs', () => {
  test('are what the device has, as it came, pumps first', () => {
    expect(outputsOf({}, OWN).map((o) => [o.name, o.role, o.min_duty, o.onOff])).toEqual([
      ['pump', 'pump', 40, false],
      ['fan', 'fan', 20, false],
    ]);
  });
  test('what is said of one is joined with its own', () => {
    const body: Body = {
      outputs: [
        { name: 'fan', min_duty: 30 },
        { name: 'aux', role: 'pump', kind: 'switch' },
      ],
    };
    const [, aux, fan] = [undefined, ...outputsOf(body, ['fan'])];
    expect(fan).toMatchObject({ name: 'fan', min_duty: 30, stop_duty: 20, auto: ROLES.fan.auto });
    expect(aux).toMatchObject({ name: 'aux', role: 'pump', onOff: true, min_duty: 40 });
  });
  test('one that is given up is gone, and one of an unknown role has no law that we know', () => {
    const body: Body = { outputs: [{ name: 'fan', kind: 'none' }] };
    expect(outputsOf(body, ['fan', 'valve'])).toMatchObject([
      { name: 'valve', role: undefined, auto: undefined },
    ]);
  });
  test.each([
    ['fan2', 'fan'],
    ['pump_1', 'pump'],
    ['chiller', 'chiller'],
    ['toString', undefined],
    ['valve', undefined],
  ])('the name %s states the role %s', (name, role) => expect(roleOf(name)).toBe(role));
});

describe('an edit says only what it changes', () => {
  test('of an output', () => {
    const body = withOutput({ interval_ms: 5000 }, 'fan', { min_duty: 30 });
    expect(body).toEqual({ interval_ms: 5000, outputs: [{ name: 'fan', min_duty: 30 }] });
    expect(withOutput(body, 'fan', { min_duty: undefined })).toEqual({ interval_ms: 5000 });
  });
  test('and leaves what it does not know', () => {
    const body: Body = { future: [1], outputs: [{ name: 'fan', min_duty: 30, glow: { red: 1 } }] };
    const next = withMember(withOutput(body, 'fan', { min_duty: 25 }), 'critical_c', 45);
    expect(changes(body, next).map((c) => c.path.join('.'))).toEqual(['critical_c', 'outputs.fan.min_duty']);
    expect(withMember(next, 'critical_c', undefined)).not.toHaveProperty('critical_c');
  });
  test('a law that the output has by itself is not said', () => {
    const body = withAuto({}, 'fan', { input: 'water', curve: { points: [[30, 50]] } });
    expect(body.outputs).toHaveLength(1);
    expect(withAuto(body, 'fan', structuredClone(ROLES.fan.auto ?? { input: '' }))).toEqual({});
  });
  test('presets are told apart, and balanced says nothing', () => {
    for (const preset of PRESETS) {
      expect(presetOf(outputsOf(withPreset({}, OWN, preset), OWN))).toBe(preset);
    }
    expect(withPreset(withPreset({}, OWN, 'cold'), OWN, 'balanced')).toEqual({});
    const own = withAuto({}, 'fan', { input: 'water', curve: { points: [[30, 50]] } });
    expect(presetOf(outputsOf(own, OWN))).toBeUndefined();
    expect(presetOf([])).toBeUndefined();
  });
});

describe('dangers', () => {
  const off = (until: number): Body => ({ outputs: [{ name: 'pump', override: { duty: 0, until } }] });
  test.each<[string, Body, Body, string[]]>([
    ['nothing', {}, { interval_ms: 1000 }, []],
    ['a pump off', {}, off(1), ['pump_off']],
    ['a pump off for longer', off(1), off(2), ['pump_off']],
    ['a pump off as before', off(1), { ...off(1), interval_ms: 1000 }, []],
    ['a fan off', {}, { outputs: [{ name: 'fan', override: { duty: 0, until: 1 } }] }, []],
    ['a pump at little', {}, { outputs: [{ name: 'pump', override: { duty: 20, until: 1 } }] }, []],
    ['a pump with a low minimum', {}, { outputs: [{ name: 'pump', min_duty: 39 }] }, ['pump_minimum']],
    ['a fan with a low minimum', {}, { outputs: [{ name: 'fan', min_duty: 0 }] }, []],
    [
      'a pump back to more',
      { outputs: [{ name: 'pump', min_duty: 20 }] },
      { outputs: [{ name: 'pump', min_duty: 30 }] },
      [],
    ],
    ['a fan given up', {}, { outputs: [{ name: 'fan', kind: 'none' }] }, ['given_up']],
    [
      'a fan given up as before',
      { outputs: [{ name: 'fan', kind: 'none' }] },
      { outputs: [{ name: 'fan', kind: 'none' }], interval_ms: 1000 },
      [],
    ],
    [
      'a pump without a tachometer',
      {},
      { outputs: [{ name: 'pump', wiring: { tacho_pin: -1 } }] },
      ['unwatched'],
    ],
    ['a fan without a tachometer', {}, { outputs: [{ name: 'fan', wiring: { tacho_pin: -1 } }] }, []],
    ['critical above 50', {}, { critical_c: 50.5 }, ['critical']],
    ['critical back to 52', { critical_c: 55 }, { critical_c: 52 }, []],
    ['critical below', {}, { critical_c: 45 }, []],
  ])('%s', (_, before, after, want) => {
    expect(dangers(before, after, OWN).map((d) => d.kind)).toEqual(want);
  });
});
