import { describe, expect, test } from 'vitest';
import type { FaultSpan, SeriesAnswer } from '../api/types';
import {
  draw,
  firstAtOrAfter,
  frameOf,
  joinFaults,
  joinSamples,
  readAt,
  temperatureRange,
  trim,
} from './data';

type Answer = Partial<SeriesAnswer> & Pick<SeriesAnswer, 'times' | 'series'>;

const answer = (a: Answer): SeriesAnswer => ({
  device: 'loop',
  from: 0,
  to: 1000,
  resolution: 'raw',
  step: 0,
  gap: 30,
  ...a,
});
const raw = (times: number[], values: Record<string, (number | null)[]>, gap = 30) =>
  frameOf(
    answer({
      times,
      gap,
      series: Object.entries(values).map(([metric, mean]) => ({ metric, unit: 'celsius', mean })),
    }),
  );
const buckets = (times: number[], mean: (number | null)[], step = 60) =>
  frameOf(
    answer({
      times,
      step,
      gap: 3 * step,
      series: [
        {
          metric: 'water',
          unit: 'celsius',
          mean,
          min: mean.map((v) => v && v - 1),
          max: mean.map((v) => v && v + 1),
        },
      ],
    }),
  );
const same = (v: number) => v;

describe('draw keeps gaps open', () => {
  const cases = [
    {
      name: 'neighbours within the gap are connected',
      frame: raw([0, 10, 20], { water: [1, 2, 3] }),
      times: [0, 10, 20],
      lines: [[1, 2, 3]],
    },
    {
      name: 'exactly the gap apart is still connected',
      frame: raw([0, 30], { water: [1, 2] }),
      times: [0, 30],
      lines: [[1, 2]],
    },
    {
      name: 'further apart than the gap gets a null between',
      frame: raw([0, 10, 100, 110], { water: [1, 2, 3, 4] }),
      times: [0, 10, 55, 100, 110],
      lines: [[1, 2, null, 3, 4]],
    },
    {
      name: 'a row of another metric does not break the line',
      frame: raw([0, 5, 10], { water: [1, null, 3], ambient: [null, 7, null] }),
      times: [0, 5, 10],
      lines: [
        [1, undefined, 3],
        [undefined, 7, undefined],
      ],
    },
    {
      name: 'a single bad reading does not break the line',
      frame: raw([0, 10, 20, 30], { water: [1, null, 3, 4] }),
      times: [0, 10, 20, 30],
      lines: [[1, undefined, 3, 4]],
    },
    {
      name: 'a long run of bad readings is a gap of that series only',
      frame: raw([0, 10, 20, 30, 40, 50], {
        water: [1, null, null, null, null, 6],
        ambient: [1, 2, 3, 4, 5, 6],
      }),
      times: [0, 10, 20, 30, 40, 50],
      lines: [
        [1, null, null, null, null, 6],
        [1, 2, 3, 4, 5, 6],
      ],
    },
    {
      name: 'gaps at the ends need no null',
      frame: raw([0, 10, 20], { water: [null, 2, null] }),
      times: [0, 10, 20],
      lines: [[undefined, 2, undefined]],
    },
    { name: 'nothing', frame: raw([], { water: [] }), times: [], lines: [[]] },
  ];
  test.each(cases)('$name', ({ frame, times, lines }) => {
    const drawing = draw(frame, [...frame.columns.keys()], same);
    expect(drawing.times).toEqual(times);
    expect(drawing.lines.map((l) => Array.from(l.mean))).toEqual(lines);
  });

  test('the band has the same gaps as the mean, and is absent for single samples', () => {
    const drawing = draw(buckets([0, 60, 600], [20, 21, 22]), ['water'], same);
    expect(Array.from(drawing.lines[0]?.min ?? [])).toEqual([19, 20, null, 21]);
    expect(Array.from(drawing.lines[0]?.max ?? [])).toEqual([21, 22, null, 23]);
    expect(draw(raw([0], { water: [1] }), ['water'], same).lines[0]?.min).toEqual([]);
  });

  test('values are converted, a metric that is not there is empty', () => {
    const drawing = draw(raw([0], { water: [20] }), ['water', 'inlet'], (v) => v * 1.8 + 32);
    expect(drawing.lines[0]?.mean).toEqual([68]);
    expect(drawing.lines[1]?.mean).toHaveLength(1);
    expect(drawing.lines[1]?.mean[0]).toBeUndefined();
  });
});

describe('joinSamples', () => {
  test('appends single samples, and a new metric', () => {
    const frame = raw([0, 10], { water: [1, 2] });
    expect(joinSamples(frame, [{ time: 20, values: { water: 3, ambient: 9 } }], 10)).toBe(true);
    expect(frame.times).toEqual([0, 10, 20]);
    expect(frame.columns.get('water')?.mean).toEqual([1, 2, 3]);
    expect(frame.columns.get('ambient')?.mean).toEqual([null, null, 9]);
    expect(frame.columns.get('ambient')?.unit).toBe('celsius');
  });

  test('a sample that is known already changes nothing but its own row', () => {
    const frame = raw([0, 10], { water: [1, 2] });
    joinSamples(frame, [{ time: 10, values: { water: 2 } }], 10);
    expect(frame.times).toEqual([0, 10]);
    expect(frame.columns.get('water')?.mean).toEqual([1, 2]);
  });

  test('a sample that is a little late takes its place', () => {
    const frame = raw([0, 20], { water: [1, 3] });
    joinSamples(frame, [{ time: 10, values: { water: 2 } }], 10);
    expect(frame.times).toEqual([0, 10, 20]);
    expect(frame.columns.get('water')?.mean).toEqual([1, 2, 3]);
  });

  test('what is before the frame is not its business', () => {
    const frame = raw([100], { water: [1] });
    frame.from = 50;
    expect(joinSamples(frame, [{ time: 10, values: { water: 2 } }], 10)).toBe(false);
  });

  test('a faulty sample leaves a hole', () => {
    const frame = raw([0], { water: [1] });
    joinSamples(frame, [{ time: 10, values: {}, faults: { water: 'crc' } }], 10);
    expect(frame.columns.get('water')?.mean).toEqual([1, null]);
  });

  test('goes into the last bucket with the weight that it has', () => {
    const frame = buckets([0, 60], [20, 20]);
    joinSamples(frame, [{ time: 90, values: { water: 26 } }], 10); // about 3 of 6 were there
    const water = frame.columns.get('water');
    expect(frame.times).toEqual([0, 60]);
    expect(water?.mean[1]).toBeCloseTo(21.5);
    expect([water?.min[1], water?.max[1]]).toEqual([19, 26]);
  });

  test('makes new buckets on the grid of the old ones, with exact means', () => {
    const frame = buckets([7, 67], [20, 20]);
    for (const [time, v] of [
      [190, 10],
      [200, 20],
      [240, 60],
    ] as const) {
      joinSamples(frame, [{ time, values: { water: v } }], 10);
    }
    expect(frame.times).toEqual([7, 67, 187]);
    const water = frame.columns.get('water');
    expect([water?.mean[2], water?.min[2], water?.max[2]]).toEqual([30, 10, 60]);
  });

  test('a closed bucket stays as the server said', () => {
    const frame = buckets([0, 60], [20, 20]);
    expect(joinSamples(frame, [{ time: 30, values: { water: 99 } }], 10)).toBe(false);
    expect(frame.columns.get('water')?.mean).toEqual([20, 20]);
  });
});

test('trim forgets in large bites only', () => {
  const n = 2000;
  const frame = raw(
    Array.from({ length: n }, (_, i) => i),
    { water: new Array(n).fill(1) },
  );
  trim(frame, 100);
  expect(frame.times).toHaveLength(n);
  trim(frame, 1500);
  expect(frame.times[0]).toBe(1500);
  expect(frame.columns.get('water')?.mean).toHaveLength(500);
});

test.each([
  [[], 5, 0],
  [[1, 3, 5], 0, 0],
  [[1, 3, 5], 3, 1],
  [[1, 3, 5], 4, 2],
  [[1, 3, 5], 9, 3],
])('firstAtOrAfter(%j, %d) is %d', (times, t, want) => {
  expect(firstAtOrAfter(times, t)).toBe(want);
});

describe('readAt', () => {
  const frame = raw([0, 10, 20, 100], { water: [1, null, 3, 4] });
  test.each([
    [0, 1],
    [4, 1],
    [12, 3], // its own row has none: the nearest that has
    [19, 3],
    [60, undefined], // in the gap
    [99, 4],
    [200, undefined],
  ])('at %d', (time, want) => {
    expect(readAt(frame, 'water', time)?.value).toBe(want);
  });
  test('of a metric that is not there', () => expect(readAt(frame, 'inlet', 0)).toBeUndefined());
  test('has the extremes of a bucket', () => {
    expect(readAt(buckets([0], [20]), 'water', 10)).toEqual({ value: 20, min: 19, max: 21 });
  });
});

describe('joinFaults', () => {
  const span = (from: number, to: number, count: number, quality = 'crc'): FaultSpan => ({
    metric: 'inlet',
    quality,
    from,
    to,
    count,
  });
  const bad = (time: number, quality = 'crc') => ({ time, values: {}, faults: { inlet: quality } });
  const good = (time: number) => ({ time, values: { inlet: 20 } });
  test.each([
    { name: 'begins', old: [], open: [], live: [bad(10)], want: [span(10, 10, 1)] },
    {
      name: 'goes on',
      old: [span(0, 10, 2)],
      open: ['crc'],
      live: [bad(20), bad(30)],
      want: [span(0, 30, 4)],
    },
    {
      name: 'repeats what is known',
      old: [span(0, 10, 2)],
      open: ['crc'],
      live: [bad(10)],
      want: [span(0, 10, 2)],
    },
    {
      name: 'begins anew after a good reading',
      old: [span(0, 10, 2)],
      open: ['crc'],
      live: [good(20), bad(30)],
      want: [span(0, 10, 2), span(30, 30, 1)],
    },
    {
      name: 'begins anew with another quality',
      old: [span(0, 10, 2)],
      open: ['crc'],
      live: [bad(20, 'disconnected')],
      want: [span(0, 10, 2), span(20, 20, 1, 'disconnected')],
    },
    {
      name: 'is over',
      old: [span(0, 10, 2)],
      open: [],
      live: [bad(20)],
      want: [span(0, 10, 2), span(20, 20, 1)],
    },
  ])('$name', ({ old, open, live, want }) => {
    const state = new Map(open.map((q) => ['inlet', q]));
    expect(joinFaults(old, state, live)).toEqual(want);
  });
  test('does not change its argument', () => {
    const old = Object.freeze([Object.freeze(span(0, 10, 2))]) as FaultSpan[];
    expect(joinFaults(old, new Map([['inlet', 'crc']]), [bad(20)])[0]?.to).toBe(20);
  });
});

describe('temperatureRange', () => {
  const limits = { warning: 40, critical: 50 };
  test.each([
    { name: 'noise does not fill the panel', min: 21.94, max: 22.06, want: [20, 24] },
    { name: 'whole degrees with some room', min: 18.4, max: 31.2, want: [18, 32] },
    { name: 'the warning comes into sight', min: 30, max: 36, want: [29, 41] },
    { name: 'the critical limit too', min: 41, max: 46, want: [40, 51] },
    { name: 'beyond the limits', min: 48, max: 57, want: [47, 58] },
    { name: 'below zero', min: -3, max: -2.9, want: [-5, -1] },
  ])('$name', ({ min, max, want }) => {
    const [low, high] = temperatureRange(min, max, limits);
    expect([low, high]).toEqual(want);
    expect(high - low).toBeGreaterThanOrEqual(4);
  });
});
