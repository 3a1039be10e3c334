import { describe, expect, test } from 'vitest';
import type { Device } from '../api/types';
import { decimals, isVague, settlingTime, wanted } from './figures';

const having = (...metrics: string[]) =>
  ({ newest: metrics.map((metric) => ({ metric })) }) as unknown as Device;

describe('what a device can show', () => {
  test('everything with all sensors', () => {
    const all = wanted(having('water', 'ambient', 'inlet', 'outlet', 'flow_lpm', 'fan_rpm'));
    expect(all).toEqual({
      shown: ['heat', 'difference', 'rise', 'resistance', 'settling'],
      wishes: [],
    });
  });

  test('what it lacks is told once for all that it would bring', () => {
    expect(wanted(having('water', 'ambient', 'inlet', 'outlet'))).toEqual({
      shown: ['difference', 'rise'],
      wishes: [{ parts: ['flow_lpm'], figures: ['heat', 'resistance', 'settling'], together: false }],
    });
    expect(wanted(having('water', 'ambient'))).toEqual({
      shown: ['rise'],
      wishes: [
        {
          parts: ['inlet', 'outlet', 'flow_lpm'],
          figures: ['heat', 'difference', 'resistance', 'settling'],
          together: false,
        },
      ],
    });
  });

  test('the smallest wish comes first, and what takes all of them last', () => {
    const { shown, wishes } = wanted(having('water'));
    expect(shown).toEqual([]);
    expect(wishes).toEqual([
      { parts: ['ambient'], figures: ['rise'], together: false },
      { parts: ['inlet', 'outlet', 'flow_lpm'], figures: ['heat', 'difference'], together: false },
      {
        parts: ['ambient', 'inlet', 'outlet', 'flow_lpm'],
        figures: ['resistance', 'settling'],
        together: true,
      },
    ]);
  });

  test('a metric without a value is there all the same', () => {
    expect(wanted(having('inlet', 'outlet', 'flow_lpm')).shown).toEqual(['heat', 'difference']);
  });
});

test.each([
  [69, 0],
  [8.4, 0],
  [14, 0],
  [1.1, 1],
  [0.82, 1],
  [0.077, 2],
  [0.12, 2],
  [0.031, 2],
  [0.0035, 3],
  [0.000001, 4],
  [0, 1],
  [Number.NaN, 1],
])('an error of %d is written with %d decimals', (error, want) => expect(decimals(error)).toBe(want));

test('a figure within its error is vague', () => {
  expect(isVague({ value: 30, error: 74 })).toBe(true);
  expect(isVague({ value: -30, error: 20 })).toBe(false);
  expect(isVague({ value: null, error: null, unknown: 'still' })).toBe(false);
});

test.each([
  [480, 24 * 60_000],
  [487, 24 * 60_000],
  [41, 120_000],
  [1, 10_000],
])('a time constant of %d s settles in %d ms', (tau, ms) => expect(settlingTime(tau)).toBe(ms));
