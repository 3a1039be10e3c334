import { describe, expect, test } from 'vitest';
import type { Auto } from '../contract';
import type { Tuned } from './experiment';
import { recall, remember, seen } from './memory';
import { band, firstSetpoint, hasGains, setpoints, withGains } from './tune';

const curve: Auto = { input: 'water', curve: { points: [[24, 20]] } };
const pi: Auto = {
  input: 'water',
  pi: { setpoint: 31, kp: 8, ti_s: 120, deadband_k: 0.1, ff_duty_per_w: 0.4 },
};
const apart: Auto = { input: 'water-ambient', curve: { points: [[4, 20]] } };
const found: Tuned = {
  ...{ setpoint: 32, kp: 52.5, ti_s: 64, deadband_k: 0.13 },
  ...{ delay_s: 9.5, swing_k: 0.4, settle_s: 190 },
};

describe('the setpoint to begin with', () => {
  test.each<[string, Auto, number | undefined, number, number]>([
    ['its own', pi, 28.3, 50, 31],
    ['where a curve holds the water now', curve, 28.3, 50, 28.5],
    ['a usual one where nothing is known', curve, undefined, 50, 32],
    ['of a difference', apart, undefined, 50, 6],
    ['never near critical', curve, 43.2, 45, 39],
  ])('%s', (_, auto, now, critical, want) => expect(firstSetpoint(auto, now, critical)).toBe(want));

  test('a difference is not below zero', () => expect(setpoints(apart).min).toBe(0));
});

test('the water stays within 4 K, and 5 K below critical', () => {
  expect(band(31, false, 50)).toEqual({ low: 27, high: 35 });
  expect(band(38, false, 45)).toEqual({ low: 34, high: 40 });
  expect(band(6, true, 45)).toEqual({ low: 2, high: 10 });
});

describe('gains that are used', () => {
  test('leave a law its setpoint and what else it has', () =>
    expect(withGains(pi, found)).toEqual({
      input: 'water',
      pi: { setpoint: 31, kp: 52.5, ti_s: 64, deadband_k: 0.13, ff_duty_per_w: 0.4 },
    }));
  test('make a law of a curve, at the setpoint at which they were found', () =>
    expect(withGains(curve, found)).toEqual({
      input: 'water',
      pi: { setpoint: 32, kp: 52.5, ti_s: 64, deadband_k: 0.13 },
    }));
  test('are recognised', () => {
    expect(hasGains(withGains(pi, found), found)).toBe(true);
    expect(hasGains(pi, found)).toBe(false);
    expect(hasGains(curve, found)).toBe(false);
    expect(hasGains(undefined, found)).toBe(false);
  });
});

describe('what a browser remembers', () => {
  const store = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (k: string) => kept.get(k) ?? null,
      setItem: (k: string, v: string) => void kept.set(k, v),
    };
  };
  test('stays over a reload, for each device', () => {
    const s = store();
    const memory = { command: 'c-1', at: 5, own: true, setpoint: 31.5, dismissed: false };
    remember(s, 'a', memory);
    expect(recall(s, 'a')).toEqual(memory);
    expect(recall(s, 'b')).toBeUndefined();
  });
  test('is nothing where it cannot be read or kept', () => {
    const s = store();
    s.kept.set('coolant.experiment.a', '{');
    expect(recall(s, 'a')).toBeUndefined();
    s.kept.set('coolant.experiment.a', '{"command":3,"at":1}');
    expect(recall(s, 'a')).toBeUndefined();
    const broken = {
      getItem: () => {
        throw new Error('denied');
      },
      setItem: () => {
        throw new Error('full');
      },
    };
    expect(recall(broken, 'a')).toBeUndefined();
    expect(() => remember(broken, 'a', seen(undefined, 'c', 1))).not.toThrow();
  });
  test('a new experiment begins when it is seen, and an old one is not forgotten', () => {
    const first = seen(undefined, 'c-1', 10);
    expect(first).toMatchObject({ command: 'c-1', at: 10, own: false, dismissed: false });
    expect(seen({ ...first, own: true }, 'c-1', 20)).toMatchObject({ at: 10, own: true });
    expect(seen(first, 'c-2', 20)).toMatchObject({ command: 'c-2', at: 20 });
  });
});
