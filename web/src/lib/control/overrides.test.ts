import { describe, expect, test } from 'vitest';
import { bytesPerMonth, intervals, METERED_INTERVAL } from './cost';
import { countdown, left, lengths, override, reachable, withoutPassed } from './overrides';

const NOW = 1_764_000_000_000;
const [MINUTE, HOUR] = [60_000, 3_600_000];

describe('overrides', () => {
  test('a pump may be off for half an hour, anything else a day', () => {
    expect(Math.max(...lengths('pump', 0))).toBe(30 * MINUTE);
    expect(Math.max(...lengths('pump', 20))).toBe(24 * HOUR);
    expect(Math.max(...lengths('fan', 0))).toBe(24 * HOUR);
  });
  test('an end stays below what the device allows, also where its clock is behind', () => {
    expect(override('fan', 50, HOUR, NOW)).toEqual({ duty: 50, until: NOW + HOUR });
    expect(override('fan', 50, 24 * HOUR, NOW).until).toBe(NOW + 24 * HOUR - MINUTE);
    expect(override('pump', 0, 24 * HOUR, NOW).until).toBe(NOW + 29 * MINUTE);
  });
  test.each([
    ['pump', 60, 60],
    ['pump', 30, 40],
    ['pump', 10, 0],
    ['fan', 10, 10],
  ] as const)('a %s at %d runs at %d', (role, duty, want) => expect(reachable(role, 40, duty)).toBe(want));
  test('what is left never is negative', () => {
    expect(left({ duty: 1, until: NOW + 5 }, NOW)).toBe(5);
    expect(left({ duty: 1, until: NOW - 5 }, NOW)).toBe(0);
    expect(left(undefined, NOW)).toBe(0);
  });
  test.each([
    [0, '0:00'],
    [400, '0:01'],
    [61_000, '1:01'],
    [3_661_000, '1:01:01'],
    [86_400_000, '24:00:00'],
  ])('%d ms count down as %s', (ms, text) => expect(countdown(ms)).toBe(text));
  test('those that are over are not said again', () => {
    const body = {
      outputs: [
        { name: 'pump', override: { duty: 0, until: NOW } },
        { name: 'fan', min_duty: 20, override: { duty: 10, until: NOW + 1 } },
      ],
    };
    expect(withoutPassed(body, NOW)).toEqual({ outputs: [body.outputs[1]] });
    expect(withoutPassed({}, NOW)).toEqual({});
  });
});

describe('what an interval costs', () => {
  test('one sample a second is one and a half gigabytes a month, a minute is a sixtieth', () => {
    expect(bytesPerMonth(1000)).toBe(1_555_200_000);
    expect(bytesPerMonth(METERED_INTERVAL)).toBe(1_555_200_000 / 60);
  });
  test('the one that is set is among the choices, in its place', () => {
    expect(intervals(10_000)).toContain(10_000);
    const own = intervals(45_000);
    expect(own).toContain(45_000);
    expect(own).toEqual([...own].sort((a, b) => a - b));
  });
});
