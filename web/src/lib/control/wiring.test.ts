import { describe, expect, test } from 'vitest';
import { type Board, readBoard } from './board';
import { type Body, type OutputBody, outputOf } from './contract';
import { type Output, outputsOf, withOutput } from './outputs';
import {
  addProblem,
  freeName,
  isName,
  kindsOf,
  levelOf,
  outputPins,
  tachoPins,
  withAdded,
  withBoards,
  withIdentity,
  withName,
  withoutOutput,
  withWire,
} from './wiring';

const board = readBoard({
  info: {
    board: {
      output_pins: [16, 18, 21, 22],
      input_pins: [17, 19, 21, 34],
      pwm_channels: 3,
      counters: 4,
      outputs: [
        { name: 'pump', role: 'pump', kind: 'pwm4', pin: 18, tacho_pin: 19 },
        { name: 'fan', role: 'fan', kind: 'pwm4', pin: 16, tacho_pin: 17 },
      ],
    },
  },
}) as Board;
const OWN = ['pump', 'fan'];
const all = (body: Body) => outputsOf(body, OWN, board);
const one = (body: Body, name: string) => all(body).find((o) => o.name === name) as Output;

describe('pins', () => {
  test('are those that no output has', () => {
    expect(outputPins(board, all({}))).toEqual([21, 22]);
    expect(outputPins(board, all({}), 'fan')).toEqual([16, 21, 22]);
    expect(tachoPins(board, all({}), 'fan')).toEqual([17, 21, 34]);
  });
  test('a pin cannot be drive and tachometer of one output', () => {
    const body = withOutput({}, 'fan', { wiring: { pin: 21, tacho_pin: 34 } });
    expect(tachoPins(board, all(body), 'fan')).toEqual([17, 34]);
    expect(outputPins(board, all(body), 'pump')).toEqual([16, 18, 22]);
  });
  test('of a board that says nothing are unknown', () => expect(outputPins(undefined, all({}))).toEqual([]));
});

describe('one more output', () => {
  test('is complete', () => {
    const body = withAdded({ interval_ms: 1000 }, 'fan2', 'fan', 'pwm4', 21);
    expect(body).toEqual({
      interval_ms: 1000,
      outputs: [{ name: 'fan2', role: 'fan', kind: 'pwm4', wiring: { pin: 21 } }],
    });
    expect(one(body, 'fan2')).toMatchObject({
      board: false,
      stop_duty: 20,
      wiring: { pin: 21, inverted: true },
    });
    expect(outputPins(board, all(body))).toEqual([22]);
  });
  test('is called by what it is', () => {
    expect(freeName('fan', OWN)).toBe('fan2');
    expect(freeName('fan', ['fan', 'fan2'])).toBe('fan3');
    expect(freeName('chiller', OWN)).toBe('chiller');
  });
  test('needs a pin, room and a channel', () => {
    expect(addProblem(board, all({}), 'pwm4')).toBeUndefined();
    const third = withAdded({}, 'fan2', 'fan', 'pwm4', 21);
    expect(addProblem(board, all(third), 'pwm4')).toBe('no_channel');
    expect(addProblem(board, all(third), 'switch')).toBeUndefined();
    const fourth = withAdded(third, 'pump2', 'pump', 'switch', 22);
    expect(addProblem(board, all(fourth), 'switch')).toBe('no_pin');
    const six: OutputBody[] = [3, 4, 5, 6].map((n) => ({ name: `fan${n}`, role: 'fan', kind: 'switch' }));
    expect(addProblem(board, all({ outputs: six }), 'switch')).toBe('too_many');
  });
});

describe('an output that goes', () => {
  test('is given up if it is the board’s, and comes back', () => {
    const body = withoutOutput(withOutput({}, 'fan', { min_duty: 30 }), one({}, 'fan'));
    expect(body).toEqual({ outputs: [{ name: 'fan', kind: 'none' }] });
    expect(all(body).map((o) => o.name)).toEqual(['pump']);
    expect(withBoards(body, 'fan')).toEqual({});
  });
  test('is not asked for any more if it was added', () => {
    const body = withAdded({}, 'fan2', 'fan', 'pwm4', 21);
    expect(withoutOutput(body, one(body, 'fan2'))).toEqual({});
  });
  test('leaves nobody who follows it', () => {
    const body: Body = {
      outputs: [
        { name: 'pump', auto: { input: 'water', pi: { setpoint: 30, kp: 8, ti_s: 120, range: [0, 60] } } },
        { name: 'fan', min_duty: 30, auto: { follow: { output: 'pump', range: [40, 100] } } },
      ],
    };
    expect(withoutOutput(body, one(body, 'pump')).outputs).toEqual([
      { name: 'fan', min_duty: 30 },
      { name: 'pump', kind: 'none' },
    ]);
  });
});

describe('a name', () => {
  test.each([
    ['fan2', true],
    ['a_1', true],
    ['2fan', false],
    ['Fan', false],
    ['', false],
    [`a${'b'.repeat(26)}`, true],
    [`a${'b'.repeat(27)}`, false],
  ])('%s: %s', (name, want) => expect(isName(name)).toBe(want));

  test('is changed wherever it is said', () => {
    const body: Body = {
      outputs: [
        { name: 'aux', role: 'pump', kind: 'pwm4', wiring: { pin: 21 } },
        { name: 'fan', auto: { follow: { output: 'aux', range: [0, 100] } } },
      ],
    };
    const next = withName(body, 'aux', 'main');
    expect(next.outputs?.map((o) => [o.name, o.auto?.follow?.output])).toEqual([
      ['main', undefined],
      ['fan', 'main'],
    ]);
    expect(withName(body, 'aux', 'fan')).toBe(body);
    expect(withName(body, 'aux', 'A')).toBe(body);
  });
});

describe('an output that is to be something else', () => {
  test('takes nothing along but its pins', () => {
    const was: Body = {
      outputs: [{ name: 'fan', min_duty: 5, wiring: { hz: 22_000, tacho_pin: 34 }, glow: 1 }],
    };
    const body = withIdentity(was, one(was, 'fan'), 'chiller', 'pwm4');
    expect(outputOf(body, 'fan')).toEqual({
      name: 'fan',
      role: 'chiller',
      kind: 'switch', // none of four wires: it would run without the device
      wiring: { tacho_pin: 34, inverted: false },
      glow: 1,
    });
    expect(one(body, 'fan')).toMatchObject({
      min_off_s: 180,
      min_duty: 0,
      wiring: { inverted: false, pin: 16 },
    });
  });
  test('keeps its duties where only the drive changes', () => {
    const was = withOutput({}, 'fan', { min_duty: 30 });
    const body = withIdentity(was, one(was, 'fan'), 'fan', 'dc_pwm');
    expect(outputOf(body, 'fan')).toMatchObject({ kind: 'dc_pwm', min_duty: 30, wiring: { inverted: true } });
  });
  test('shares no work as a switch', () => {
    const was = withOutput({}, 'fan', { auto: { follow: { output: 'pump', range: [0, 100] } } });
    expect(outputOf(withIdentity(was, one(was, 'fan'), 'fan', 'switch'), 'fan')).not.toHaveProperty('auto');
  });
  test('is left alone where it is that already', () => {
    const body = {};
    expect(withIdentity(body, one(body, 'fan'), 'fan', 'pwm4')).toBe(body);
  });
  test('may be driven by what its role allows, at the level that is safe', () => {
    expect(kindsOf('chiller')).not.toContain('pwm4');
    expect(kindsOf('pump')).toEqual(['pwm4', 'dc_pwm', 'switch']);
    expect([levelOf('pump', 'switch'), levelOf('fan', 'pwm4'), levelOf('chiller', 'switch')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([levelOf('buzzer', 'pwm4'), levelOf('buzzer', 'switch')]).toEqual([true, false]);
  });
});

test('wiring is said as far as it differs', () => {
  expect(withWire(undefined, { pin: 21 })).toEqual({ pin: 21 });
  expect(withWire({ pin: 21, hz: 25_000 }, { hz: undefined })).toEqual({ pin: 21 });
  expect(withWire({ pin: 21 }, { pin: undefined })).toBeUndefined();
});
