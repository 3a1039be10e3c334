import { describe, expect, test } from 'vitest';
import { changes, edits, merged, same } from './changes';
import type { Body } from './contract';

const curve = (...points: [number, number][]) => ({ input: 'water', curve: { points } });

describe('changes', () => {
  test.each([
    ['nothing', {}, {}, []],
    ['nothing but the order', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    ['a member', { interval_ms: 1 }, { interval_ms: 2 }, [['interval_ms', 1, 2]]],
    ['one that is new', {}, { interval_ms: 2 }, [['interval_ms', undefined, 2]]],
    ['one that is gone', { interval_ms: 2 }, {}, [['interval_ms', 2, undefined]]],
    [
      'an output goes by its name, wherever it stands',
      { outputs: [{ name: 'pump' }, { name: 'fan', min_duty: 20 }] },
      { outputs: [{ name: 'fan', min_duty: 30 }, { name: 'pump' }] },
      [['outputs.fan.min_duty', 20, 30]],
    ],
    [
      'an output that is new',
      { outputs: [] },
      { outputs: [{ name: 'fan' }] },
      [['outputs.fan', undefined, { name: 'fan' }]],
    ],
    [
      'a list of numbers is compared as a whole',
      { outputs: [{ name: 'fan', auto: curve([1, 2]) }] },
      { outputs: [{ name: 'fan', auto: curve([1, 3]) }] },
      [['outputs.fan.auto.curve.points', [[1, 2]], [[1, 3]]]],
    ],
    [
      'in the order of their paths',
      { b: 1, a: 1 },
      { a: 2, b: 2 },
      [
        ['a', 1, 2],
        ['b', 1, 2],
      ],
    ],
  ])('%s', (_, before, after, want) => {
    const found = changes(before, after).map((c) => [c.path.join('.'), c.before, c.after]);
    expect(found).toEqual(want);
  });
});

test('same knows numbers, lists and objects apart', () => {
  expect(same({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBe(true);
  expect(same([], {})).toBe(false);
  expect(same([1], [1, 2])).toBe(false);
  expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(same(0, null)).toBe(false);
});

test('edits are counted by what a person changed', () => {
  const paths = (a: Body, b: Body) => edits(a, b).map((c) => c.path.join('.'));
  const fan: Body = { outputs: [{ name: 'fan', min_duty: 30, auto: curve([1, 2]) }] };
  expect(paths({}, fan)).toEqual(['outputs.fan.auto', 'outputs.fan.min_duty']);
  expect(paths(fan, {})).toEqual(['outputs.fan.auto', 'outputs.fan.min_duty']);
  expect(paths({ outputs: [] }, {})).toEqual([]);
  expect(paths(fan, { outputs: [{ name: 'fan', min_duty: 30, auto: curve([1, 3]) }] })).toEqual([
    'outputs.fan.auto',
  ]);
});

describe('merged', () => {
  const base = { interval_ms: 10_000, outputs: [{ name: 'fan', min_duty: 20, auto: curve([1, 2]) }] };

  test('keeps both where they changed different things', () => {
    const mine = { ...base, outputs: [{ name: 'fan', min_duty: 35, auto: curve([1, 2]) }] };
    const theirs = {
      ...base,
      interval_ms: 60_000,
      outputs: [...base.outputs, { name: 'pump', min_duty: 50 }],
    };
    expect(merged(base, mine, theirs)).toEqual({
      interval_ms: 60_000,
      outputs: [
        { name: 'fan', min_duty: 35, auto: curve([1, 2]) },
        { name: 'pump', min_duty: 50 },
      ],
    });
  });

  test('mine counts where both changed the same, and a law is one thing', () => {
    const mine = { outputs: [{ name: 'fan', auto: curve([1, 9]) }] };
    const theirs = {
      outputs: [{ name: 'fan', auto: { input: 'water', pi: { setpoint: 30, kp: 8, ti_s: 9 } } }],
    };
    expect(merged<object>(base, { ...base, ...mine }, theirs)).toMatchObject({
      outputs: [{ name: 'fan', auto: curve([1, 9]) }],
    });
  });

  test('what I took away is gone, and what they took away comes back only where I changed it', () => {
    expect(merged<object>({ a: 1, b: 1 }, { b: 1 }, { a: 1, b: 1, c: 1 })).toEqual({ b: 1, c: 1 });
    expect(merged<object>(base, { ...base, interval_ms: 2000 }, {})).toEqual({ interval_ms: 2000 });
    expect(merged<object>(base, { interval_ms: 10_000 }, base)).toEqual({ interval_ms: 10_000 });
  });

  test('an output that they dropped and I changed is said with my change', () => {
    const mine = { outputs: [{ name: 'fan', min_duty: 40, auto: curve([1, 2]) }] };
    expect(merged<object>({ outputs: base.outputs }, mine, { outputs: [] })).toEqual({
      outputs: [{ name: 'fan', min_duty: 40 }],
    });
  });

  test('nothing given is changed', () => {
    const before = structuredClone(base);
    merged<object>(base, { outputs: [] }, base);
    expect(base).toEqual(before);
  });
});
