import { describe, expect, test } from 'vitest';
import { MOST, type Span } from './contract';
import { withBand, withEdge } from './skip';

/** What the contract asks of bands. */
function fine(bands: readonly Span[], max: number): boolean {
  return bands.every(
    ([from, to], i) => from >= 0 && from < to && to <= max && from > (bands[i - 1]?.[1] ?? -1),
  );
}

describe('a band to skip', () => {
  test('is put where there is most room', () => {
    expect(withBand([], 100)).toEqual([[47, 53]]);
    expect(withBand([[31, 38]], 100)).toEqual([
      [31, 38],
      [67, 73],
    ]);
    expect(withBand([[80, 90]], 100)?.[0]?.[1]).toBeLessThan(80);
  });
  test('is within the maximum, and four at most', () => {
    let bands: Span[] = [];
    for (let i = 0; i < MOST.bands; i++) {
      bands = withBand(bands, 60) ?? [];
      expect(bands).toHaveLength(i + 1);
      expect(fine(bands, 60)).toBe(true);
    }
    expect(withBand(bands, 60)).toBeUndefined();
  });
  test('is not added where there is no room', () => {
    expect(withBand([[0, 99]], 100)).toBeUndefined();
    expect(withBand([], 0)).toBeUndefined();
  });
});

describe('an edge', () => {
  const bands: Span[] = [
    [10, 20],
    [30, 40],
  ];
  test.each<[string, number, 0 | 1, number, Span[]]>([
    [
      'moves',
      0,
      1,
      25,
      [
        [10, 25],
        [30, 40],
      ],
    ],
    [
      'not into its neighbour',
      0,
      1,
      35,
      [
        [10, 29],
        [30, 40],
      ],
    ],
    [
      'not below the one before',
      1,
      0,
      5,
      [
        [10, 20],
        [21, 40],
      ],
    ],
    [
      'not past its own other edge',
      1,
      0,
      99,
      [
        [10, 20],
        [39, 40],
      ],
    ],
    [
      'not above the maximum',
      1,
      1,
      99,
      [
        [10, 20],
        [30, 90],
      ],
    ],
    [
      'to whole percents',
      0,
      0,
      11.6,
      [
        [12, 20],
        [30, 40],
      ],
    ],
  ])('%s', (_, i, edge, duty, want) => {
    const next = withEdge(bands, i, edge, duty, 90);
    expect(next).toEqual(want);
    expect(fine(next, 90)).toBe(true);
  });
  test('of a band that there is not changes nothing', () =>
    expect(withEdge(bands, 5, 0, 1, 90)).toEqual(bands));
});
