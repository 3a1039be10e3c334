import { describe, expect, test } from 'vitest';
import { allowed, edit, fromSearch, fromSweep } from './proposals';
import { answered, nextTry, startSearch, triesLeft } from './search';

const fan = { role: 'fan' as const, min_duty: 20, max_duty: 100 };
const pump = { role: 'pump' as const, min_duty: 40, max_duty: 100 };

describe('what a sweep proposes', () => {
  test('a fan rests a little above where it stood, and begins a little above where it began', () => {
    const swept = { start_duty: 24, stop_duty: 14, min_rpm: 310, max_rpm: 2080 };
    expect(fromSweep(fan, swept).limits).toEqual({
      min_duty: 19,
      stop_duty: 19,
      start_duty: 29,
      stall_rpm: 200,
    });
  });
  test('it never begins below where it rests', () => {
    const { limits } = fromSweep(fan, {
      start_duty: 10,
      stop_duty: 30,
      min_rpm: undefined,
      max_rpm: undefined,
    });
    expect(limits).toEqual({ min_duty: 35, stop_duty: 35, start_duty: 35 });
  });
  test('a pump does not rest, and gets no less than it has', () => {
    const low = fromSweep(pump, { start_duty: 22, stop_duty: 10, min_rpm: 900, max_rpm: 4000 });
    expect(low).toEqual({
      limits: { min_duty: 40, start_duty: 0, stop_duty: 0, stall_rpm: 960 },
      why: ['margin', 'pump_floor'],
    });
    const high = fromSweep(pump, { start_duty: 48, stop_duty: 30, min_rpm: 900, max_rpm: 4000 });
    expect(high.limits.min_duty).toBe(53);
  });
  test('what its wire cannot stop has no points', () => {
    const endless = { start_duty: 0, stop_duty: 0, min_rpm: 800, max_rpm: 3000 };
    expect(fromSweep(fan, endless)).toEqual({
      limits: { min_duty: 20, start_duty: 0, stop_duty: 0, stall_rpm: 620 },
      why: ['never_stops'],
    });
    expect(fromSweep(pump, endless).limits.min_duty).toBe(40);
  });
  test.each([0, 7, 96, 100])('percentages stay such: %s', (duty) => {
    const { limits } = fromSweep(fan, { start_duty: duty, stop_duty: duty, min_rpm: 3, max_rpm: 9 });
    for (const value of [limits.min_duty, limits.start_duty, limits.stop_duty]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(100);
    }
    expect(limits.stop_duty).toBeLessThanOrEqual(limits.start_duty);
    expect(limits.stall_rpm).toBeGreaterThan(0);
  });
});

test('what a person saw has room above it, and a fan does not hunt', () => {
  expect(fromSearch(fan, 23).limits).toEqual({ min_duty: 28, stop_duty: 28, start_duty: 33 });
  expect(fromSearch(pump, 23).limits).toEqual({ min_duty: 40, stop_duty: 0, start_duty: 0 });
  expect(fromSearch(pump, 50).limits.min_duty).toBe(55);
});

test('what a person makes of it stays within the contract', () => {
  expect(allowed(pump, { min_duty: 0, start_duty: 9, stop_duty: 9 })).toEqual({
    min_duty: 1,
    start_duty: 0,
    stop_duty: 0,
  });
  expect(allowed({ ...fan, max_duty: 60 }, { min_duty: 80, start_duty: 20, stop_duty: 30 })).toEqual({
    min_duty: 60,
    start_duty: 20,
    stop_duty: 20,
  });
  expect(edit({ min_duty: 1, start_duty: 0, stop_duty: 0 })).not.toHaveProperty('stall_rpm');
});

describe('the search by eye', () => {
  test.each(Array.from({ length: 60 }, (_, i) => i + 1))('finds a motor that begins at %s%%', (begins) => {
    let search = startSearch(60);
    const most = triesLeft(search);
    let tries = 0;
    for (let duty = nextTry(search); duty !== undefined; duty = nextTry(search)) {
      expect(duty).toBeGreaterThan(0);
      expect(duty).toBeLessThan(60);
      search = answered(search, duty >= begins);
      tries++;
      expect(tries).toBeLessThanOrEqual(most);
    }
    expect(search.turned).toBeGreaterThanOrEqual(begins);
    expect(search.turned - begins).toBeLessThan(5);
    expect(triesLeft(search)).toBe(0);
  });
  test('an answer after the end changes nothing', () => {
    const done = { stood: 20, turned: 23 };
    expect(answered(done, true)).toBe(done);
  });
});
