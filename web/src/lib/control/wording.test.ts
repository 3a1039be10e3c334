import { beforeAll, describe, expect, test, vi } from 'vitest';
import { settings } from '../settings.svelte';
import { edits } from './changes';
import type { Body } from './contract';
import { changed, fromShown, interval, toShown } from './wording';

beforeAll(() => {
  vi.stubGlobal('navigator', { languages: ['en-GB'] });
});

const fan = (more: object): Body => ({ outputs: [{ name: 'fan', ...more }] });
const told = (before: Body, after: Body) => edits(before, after).map(changed);

describe('changes in words', () => {
  test.each<[string, Body, Body, string[]]>([
    ['a duty', fan({ min_duty: 20 }), fan({ min_duty: 30 }), ['Fan, minimum duty: 20% → 30%']],
    ['an interval that was not said', {}, { interval_ms: 60_000 }, ['report interval: as it came → 1 min']],
    ['a limit', { critical_c: 50 }, { critical_c: 45.5 }, ['critical temperature: 50.0 °C → 45.5 °C']],
    [
      'a law that is new',
      fan({ min_duty: 20 }),
      fan({ min_duty: 20, auto: { input: 'water', pi: { setpoint: 31, kp: 8, ti_s: 120 } } }),
      ['Fan, regulation: as it came → setpoint 31.0 °C'],
    ],
    [
      'bands',
      fan({}),
      fan({
        skip: [
          [31, 38],
          [60, 65],
        ],
      }),
      ['Fan, skipped bands: as it came → 31% to 38% and 60% to 65%'],
    ],
    ['a rate', fan({ slew_up: 5 }), fan({ slew_up: 2.5 }), ['Fan, rise: 5 %/s → 2.5 %/s']],
    ['a speed', fan({ stall_rpm: 200 }), fan({ stall_rpm: 400 }), ['Fan, stalled below: 200 rpm → 400 rpm']],
    ['heat', { busy_w: 25 }, { busy_w: 40 }, ['busy from: 25 W → 40 W']],
    ['standby', {}, { standby: { enabled: true } }, ['standby: as it came → on below 10 W']],
    [
      'standby off',
      { standby: { enabled: true, idle_w: 8 } },
      { standby: { enabled: false } },
      ['standby: on below 8 W → off'],
    ],
    [
      'probes',
      {},
      { probes: [{ rom: '28aabbccdd000011', role: 'water', offset_k: -0.12 }] },
      ['probes: as it came → Water `28aabbccdd000011` (-0.12 K)'],
    ],
    [
      'shared work',
      fan({}),
      fan({ auto: { follow: { output: 'pump', range: [40, 100] } } }),
      ['Fan, regulation: as it came → follows Pump, 40% to 100% of the demand'],
    ],
    [
      'a law that leads',
      {},
      {
        outputs: [
          { name: 'pump', auto: { input: 'water', pi: { setpoint: 32, kp: 8, ti_s: 120, range: [0, 60] } } },
        ],
      },
      ['Pump, regulation: as it came → setpoint 32.0 °C, shared, 0% to 60% of the demand'],
    ],
    [
      'an output of another kind',
      fan({ kind: 'pwm4' }),
      fan({ kind: 'switch' }),
      ['Fan, kind: 4-wire PWM → Relay, on or off'],
    ],
    ['something of the future', { glow: 1 }, { glow: 2 }, ['glow: `1` → `2`']],
  ])('%s', (_, before, after, want) => expect(told(before, after)).toEqual(want));

  test('a curve is told by its points', () => {
    const after = fan({
      auto: {
        input: 'water',
        curve: {
          points: [
            [24, 20],
            [30, 60],
          ],
        },
      },
    });
    expect(
      told(fan({ min_duty: 1 }), { outputs: [{ ...after.outputs?.[0], name: 'fan', min_duty: 1 }] }),
    ).toEqual(['Fan, regulation: as it came → curve 24.0 °C 20% and 30.0 °C 60%']);
  });

  test('of a whole output and within a law, nothing is JSON', () => {
    const curve = (...points: [number, number][]) => fan({ auto: { input: 'water', curve: { points } } });
    const texts = [
      ...told({}, fan({ min_duty: 30, override: { duty: 0, until: 1_764_000_000_000 } })),
      ...told(curve([24, 20]), curve([24, 30])),
      ...told(
        fan({ auto: { input: 'water', curve: { points: [[1, 2]] } } }),
        fan({ auto: { input: 'water', pi: { setpoint: 30, kp: 1, ti_s: 9 } } }),
      ),
    ];
    expect(texts.length).toBeGreaterThanOrEqual(4);
    for (const text of texts) expect(text).not.toMatch(/[{}[\]"]/);
  });
});

test('intervals are told in their largest unit', () => {
  expect([1000, 45_000, 90_000, 60_000, 3_600_000, 1500].map(interval)).toEqual([
    '1 s',
    '45 s',
    '90 s',
    '1 min',
    '1 h',
    '1.5 s',
  ]);
});

test('what is typed in Fahrenheit comes back as Celsius, and a difference without the offset', () => {
  settings.choices.degrees = 'f';
  try {
    expect(toShown(30, false)).toBe(86);
    expect(fromShown(86, false)).toBe(30);
    expect(fromShown(9, true)).toBe(5);
    expect(toShown(5, true)).toBe(9);
  } finally {
    settings.choices.degrees = 'c';
  }
});
