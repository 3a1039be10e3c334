import { describe, expect, test } from 'vitest';
import { type Board, readBoard } from './board';
import type { Body, OutputBody } from './contract';
import { problemsOf } from './problems';
import { withAdded } from './wiring';

const board = readBoard({
  info: {
    board: {
      output_pins: [16, 18, 21, 22],
      input_pins: [17, 19, 34],
      pwm_channels: 3,
      counters: 3,
      flow: true,
      outputs: [
        { name: 'pump', role: 'pump', kind: 'pwm4', pin: 18, tacho_pin: 19 },
        { name: 'fan', role: 'fan', kind: 'pwm4', pin: 16, tacho_pin: 17 },
      ],
    },
  },
}) as Board;

const fan = (more: Partial<OutputBody>): Body => ({ outputs: [{ name: 'fan', ...more }] });
const pump = (more: Partial<OutputBody>): Body => ({ outputs: [{ name: 'pump', ...more }] });
const pi = { setpoint: 30, kp: 8, ti_s: 120 };
const A = '28aabbccdd000011';

describe('what does not go together', () => {
  test.each<[string, Body, string[]]>([
    ['nothing is said', {}, []],
    ['no water', { probes: [{ rom: A, role: 'inlet' }] }, ['no_water', 'pump no_probe', 'fan no_probe']],
    ['a probe for everything', { probes: [{ rom: A, role: 'water' }] }, []],
    ['idle above busy', { standby: { idle_w: 30 } }, ['idle_above_busy']],
    ['busy below idle', { busy_w: 5 }, ['idle_above_busy']],
    ['busy never', { busy_w: 0, standby: { enabled: true, idle_w: 30 } }, []],
    ['minimum above maximum', fan({ min_duty: 60, max_duty: 50 }), ['fan min_above_max']],
    ['rest above start', fan({ start_duty: 10 }), ['fan stop_above_start']],
    ['a pump that rests', pump({ start_duty: 30, stop_duty: 20 }), ['pump pump_stands']],
    ['a pump that may stand', pump({ min_duty: 0 }), ['pump pump_stands']],
    [
      'bands that overlap',
      fan({
        skip: [
          [10, 20],
          [20, 30],
        ],
      }),
      ['fan skip_order'],
    ],
    ['a band upside down', fan({ skip: [[20, 10]] }), ['fan skip_order']],
    ['a band above the maximum', fan({ max_duty: 60, skip: [[55, 61]] }), ['fan skip_above_max']],
    [
      'bands that are fine',
      fan({
        skip: [
          [10, 20],
          [21, 30],
        ],
      }),
      [],
    ],
    ['a pin that the board does not have', fan({ wiring: { pin: 5 } }), ['fan no_pin']],
    ['a pin of another output', fan({ wiring: { pin: 18 } }), ['pump pin_twice', 'fan pin_twice']],
    ['a tachometer of another one', fan({ wiring: { tacho_pin: 19 } }), ['pump pin_twice', 'fan pin_twice']],
    ['no tachometer', fan({ wiring: { tacho_pin: null } }), []],
    ['a new output without a pin', { outputs: [{ name: 'f2', role: 'fan', kind: 'switch' }] }, ['f2 no_pin']],
    ['a new output without a kind', { outputs: [{ name: 'x', wiring: { pin: 21 } }] }, ['x no_role']],
    ['a chiller on four wires', fan({ role: 'chiller', kind: 'pwm4' }), ['fan wrong_kind']],
    [
      'an input that no probe has',
      { ...fan({ auto: { input: 'water-inlet', pi } }), probes: [{ rom: A, role: 'water' }] },
      ['fan no_probe'],
    ],
    [
      'one that follows nobody',
      fan({ auto: { follow: { output: 'pump', range: [0, 100] } } }),
      ['fan no_leader'],
    ],
    [
      'one that follows itself',
      fan({ auto: { follow: { output: 'fan', range: [0, 100] } } }),
      ['fan no_leader'],
    ],
    [
      'a switch that leads',
      fan({ kind: 'switch', auto: { input: 'water', pi: { ...pi, range: [0, 100] } } }),
      ['fan cannot_share'],
    ],
    [
      'an output that was given up',
      { outputs: [{ name: 'fan', kind: 'none', min_duty: 60, max_duty: 50 }] },
      [],
    ],
  ])('%s', (_, body, want) => {
    const found = problemsOf(body, ['pump', 'fan'], board);
    expect(found.map((f) => (f.output ? `${f.output} ${f.problem}` : f.problem))).toEqual(want);
  });

  test('more than the board has room for', () => {
    const third = withAdded({}, 'fan2', 'fan', 'pwm4', 21);
    const fourth = withAdded(third, 'fan3', 'fan', 'pwm4', 22);
    expect(problemsOf(third, [], board)).toEqual([]);
    expect(problemsOf(fourth, [], board).map((f) => f.problem)).toEqual(['too_many_channels']);
    const counted: Body = {
      outputs: [{ name: 'fan2', role: 'fan', kind: 'switch', wiring: { pin: 21, tacho_pin: 34 } }],
    };
    expect(problemsOf(counted, [], board).map((f) => f.problem)).toEqual(['too_many_counters']);
  });

  test('of a board that is not known nothing is claimed', () => {
    const body: Body = fan({ wiring: { pin: 5 } });
    expect(problemsOf(body, ['pump', 'fan'], undefined)).toEqual([]);
  });
});
