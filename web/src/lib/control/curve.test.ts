import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Point } from './contract';
import {
  added,
  type Bounds,
  bounded,
  dutyAt,
  inserted,
  MAX_POINTS,
  moved,
  outline,
  removed,
  shifted,
  span,
  ticks,
} from './curve';

interface Vectors {
  curves: {
    name: string;
    config: {
      points: Point[];
      hysteresis_k?: number;
      min_duty?: number;
      max_duty?: number;
      start_duty?: number;
      patience_ms?: number;
    };
    steps: { value: number | null; duty: number }[];
  }[];
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../contract/curve.json'), 'utf8'),
) as Vectors;
// What is drawn has no memory: those with hysteresis, rest or lost readings are the device's.
const still = vectors.curves.filter(
  ({ config: c, steps }) => !c.hysteresis_k && !c.start_duty && steps.every((s) => s.value !== null),
);

test('there are vectors to hold the curve to', () => expect(still.length).toBeGreaterThanOrEqual(2));

test.each(still)('the contract: $name', ({ config, steps }) => {
  const bounds: Bounds = {
    min_duty: config.min_duty ?? 0,
    max_duty: config.max_duty || 100,
    start_duty: 0,
    stop_duty: 0,
  };
  for (const { value, duty } of steps) {
    expect(bounded(dutyAt(config.points, value ?? 0), bounds)).toBeCloseTo(duty, 6);
  }
});

const points: Point[] = [
  [24, 20],
  [28, 40],
  [36, 100],
];

describe('moving a point', () => {
  test.each([
    ['freely', 1, 30, 50, [30, 50]],
    ['to whole percents and tenths of a degree', 1, 29.96, 50.4, [30, 50]],
    ['not past its left neighbour', 1, 10, 50, [24.1, 50]],
    ['not past its right neighbour', 1, 90, 50, [35.9, 50]],
    ['not below the duty before it', 1, 30, 5, [30, 20]],
    ['not above the duty after it', 0, 24, 80, [24, 40]],
    ['not above 100', 2, 36, 120, [36, 100]],
    ['not below -20', 0, -50, 0, [-20, 0]],
  ])('%s', (_, i, temp, duty, want) => {
    const next = moved(points, i, temp, duty);
    expect(next[i]).toEqual(want);
    expect(next.filter((_, at) => at !== i)).toEqual(points.filter((_, at) => at !== i));
  });

  test('anywhere, whatever the hand does, the curve stays one', () => {
    let now = points;
    for (let n = 0; n < 5000; n++) {
      now = moved(now, n % 3, Math.sin(n * 12.9898) * 80, Math.cos(n * 78.233) * 150);
      for (const [i, [t, d]] of now.entries()) {
        const before = now[i - 1];
        expect(d).toBeGreaterThanOrEqual(before?.[1] ?? 0);
        expect(d).toBeLessThanOrEqual(100);
        if (before) expect(t).toBeGreaterThan(before[0]);
      }
    }
  });
});

describe('adding and removing', () => {
  test('after a point: half way to the next', () => {
    expect(added(points, 0)).toEqual({
      points: [
        [24, 20],
        [26, 30],
        [28, 40],
        [36, 100],
      ],
      index: 1,
    });
  });
  test('after the last: a little beyond', () => {
    expect(added([[30, 50]], 0)).toEqual({
      points: [
        [30, 50],
        [33, 60],
      ],
      index: 1,
    });
  });
  test('at a temperature, as near to the duty as may be', () => {
    expect(inserted(points, 26, 90)).toEqual({
      points: [
        [24, 20],
        [26, 40],
        [28, 40],
        [36, 100],
      ],
      index: 1,
    });
    expect(inserted(points, 10, 90)?.points[0]).toEqual([10, 20]);
    expect(inserted(points, 28.04, 90)).toBeUndefined();
  });
  test('to sixteen and no further', () => {
    let now = points;
    for (let i = now.length; i < MAX_POINTS; i++) now = added(now, now.length - 1)?.points ?? now;
    expect(now).toHaveLength(MAX_POINTS);
    expect(added(now, 3)).toBeUndefined();
  });
  test('not where two points are next to each other', () => {
    expect(
      added(
        [
          [24, 20],
          [24.1, 40],
        ],
        0,
      ),
    ).toBeUndefined();
  });
  test('down to one and no further', () => {
    expect(removed(points, 1)).toEqual([
      [24, 20],
      [36, 100],
    ]);
    expect(removed([[24, 20]], 0)).toBeUndefined();
  });
});

test('the span is round, has room, and holds what else is drawn', () => {
  expect(span(points)).toEqual({ min: 20, max: 40 });
  expect(span([[30, 50]])).toEqual({ min: 25, max: 40 });
  expect(span(points, [51])).toEqual({ min: 20, max: 55 });
  expect(span(points, [Number.NaN])).toEqual({ min: 20, max: 40 });
});

test('another input keeps the shape', () => {
  expect(shifted(points, 22.2)).toEqual([
    [2, 20],
    [6, 40],
    [14, 100],
  ]);
  expect(shifted(points, 200)).toEqual([[-20, 20]]);
});

test('ticks are round and not too many', () => {
  expect(ticks(20, 40, 5)).toEqual([20, 25, 30, 35, 40]);
  expect(ticks(68, 104, 5)).toEqual([70, 80, 90, 100]);
  expect(ticks(-3, 3, 6)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
});

describe('the outline', () => {
  const free: Bounds = { min_duty: 0, max_duty: 100, start_duty: 0, stop_duty: 0 };
  test('is the curve where nothing bounds it', () => {
    expect(outline(points, free, { min: 20, max: 40 })).toEqual([[20, 20], ...points, [40, 100]]);
  });
  test('is flat at the minimum', () => {
    const drawn = outline(points, { ...free, min_duty: 30 }, { min: 20, max: 40 });
    expect(drawn[0]).toEqual([20, 30]);
    expect(drawn.find(([t]) => t === 26)?.[1]).toBe(30);
    expect(drawn.find(([t]) => t === 28)?.[1]).toBe(40);
  });
  test('steps to nothing where it rests', () => {
    const drawn = outline(
      points,
      { ...free, min_duty: 20, start_duty: 35, stop_duty: 30 },
      { min: 20, max: 40 },
    );
    expect(drawn[0]?.[1]).toBe(0);
    const at = drawn.findIndex(([t]) => t === 26);
    expect([drawn[at - 1]?.[1], drawn[at]?.[1]]).toEqual([0, 30]);
  });
  test('comes back colder by the hysteresis', () => {
    const drawn = outline(points, free, { min: 20, max: 40 }, 2);
    expect(drawn.find(([t]) => t === 26)?.[1]).toBe(40);
  });
});
