import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorOf, readZero } from './zero';

describe('what is reported of a zeroing', () => {
  test.each<[string, Record<string, unknown> | null, ReturnType<typeof readZero>]>([
    ['no state', null, undefined],
    ['nothing', {}, undefined],
    ['null', { zero: null }, undefined],
    ['no command', { zero: { offsets: {} } }, undefined],
    [
      'offsets',
      { zero: { command: 'c-1', offsets: { water: -0.12, inlet: 0.05, odd: 'x' } } },
      { command: 'c-1', error: undefined, offsets: { water: -0.12, inlet: 0.05 } },
    ],
    [
      'an error',
      { zero: { command: 'c-1', error: 'inlet: no good reading in this time' } },
      { command: 'c-1', error: 'inlet: no good reading in this time', offsets: {} },
    ],
  ])('%s', (_, state, want) => expect(readZero(state)).toEqual(want));
});

describe('why it did not work', () => {
  // The texts are for people and no part of the contract; where they change the page shows them as they are.
  const source = readFileSync(join(import.meta.dirname, '../../../../internal/sim/zero.go'), 'utf8');
  const said = [...source.matchAll(/Error: string\(role\) \+ "(.*?)"/g)].map((m) => `inlet${m[1]}`);

  test('the simulated device says two things', () => expect(said).toHaveLength(2));
  test('both are understood', () => {
    expect(said.map(errorOf)).toEqual([
      { role: 'inlet', what: 'no_reading' },
      { role: 'inlet', what: 'too_far' },
    ]);
  });
  test.each(['', 'busy', 'inlet: something else', 'In let: no good reading'])('%j is not', (text) =>
    expect(errorOf(text)).toBeUndefined(),
  );
});
