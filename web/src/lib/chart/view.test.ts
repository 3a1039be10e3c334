import { describe, expect, test } from 'vitest';
import { follow, look, MIN_SPAN, pan, RANGES, readView, type View, windowOf, writeView, zoom } from './view';

const HOUR = 3_600_000;
const now = 1_764_000_000_000;
const day: View = { range: '24h', fixed: null };

describe('the address', () => {
  test.each([
    ['', '24h', day],
    ['', '7d', { range: '7d', fixed: null }],
    ['', 'forever', day],
    ['range=1h', '7d', { range: '1h', fixed: null }],
    ['range=constructor', '24h', day],
    [
      'range=12h&from=1764000000000&to=1764003600000',
      '24h',
      { range: '12h', fixed: { from: now, to: now + HOUR } },
    ],
    ['from=abc&to=1764003600000', '24h', day],
    ['from=1764003600000&to=1764000000000', '24h', day],
    ['from=1764000000000&to=1764000000001', '24h', day],
  ])('%s with %s', (query, last, want) => {
    expect(readView(new URLSearchParams(query), last)).toEqual(want);
  });

  test('what is written is read again', () => {
    const view: View = { range: '7d', fixed: { from: now - HOUR, to: now } };
    const query = new URLSearchParams(writeView(view) as Record<string, string>);
    expect(readView(query, '24h')).toEqual(view);
    expect(writeView(day)).toEqual({ range: '24h', from: undefined, to: undefined });
  });
});

describe('a following window', () => {
  const at = now + 1234;
  test.each([
    ['1h', 3600],
    ['12h', 10_000],
    ['24h', 10_000],
    ['1y', 10_000],
  ] as const)('of %s moves in steps and ends now', (range, step) => {
    const view: View = { range, fixed: null };
    const a = windowOf(view, at, 1000);
    expect(a.to - a.from).toBe(RANGES[range]);
    expect(a.to).toBeGreaterThanOrEqual(at);
    expect(a.to - at).toBeLessThanOrEqual(step);
    expect(windowOf(view, a.to - 1, 1000)).toEqual(a);
    expect(windowOf(view, a.to + 1, 1000)).not.toEqual(a);
  });
});

describe('look', () => {
  test('keeps a least span about the middle', () => {
    const { fixed } = look(day, { from: now - 5000, to: now - 4000 }, now);
    expect((fixed?.to ?? 0) - (fixed?.from ?? 0)).toBe(MIN_SPAN);
  });
  test('does not show the future', () => {
    const { fixed } = look(day, { from: now, to: now + HOUR }, now + 2 * MIN_SPAN);
    expect(fixed?.to).toBeLessThanOrEqual(now + 2 * MIN_SPAN);
    expect((fixed?.to ?? 0) - (fixed?.from ?? 0)).toBe(HOUR);
  });
});

describe('pan', () => {
  const shown = windowOf(day, now, 1000);
  test('into the past stops following', () => {
    expect(pan(day, shown, -HOUR, now).fixed).toEqual({ from: shown.from - HOUR, to: shown.to - HOUR });
  });
  test('back to the edge follows again', () => {
    const past = pan(day, shown, -HOUR, now);
    expect(pan(past, windowOf(past, now, 1000), 2 * HOUR, now)).toEqual(day);
  });
  test('a zoomed window stays zoomed at the edge', () => {
    const zoomed = look(day, { from: now - 2 * HOUR, to: now - HOUR }, now);
    expect(pan(zoomed, windowOf(zoomed, now, 1000), 2 * HOUR, now).fixed).not.toBeNull();
  });
});

test('zoom keeps the time under the pointer in its place', () => {
  const shown = { from: now - 4 * HOUR, to: now };
  const { fixed } = zoom(day, shown, 0.5, now - 3 * HOUR, now);
  expect(fixed).toEqual({ from: now - 3.5 * HOUR, to: now - 1.5 * HOUR });
  expect(follow({ range: '24h', fixed })).toEqual(day);
});
