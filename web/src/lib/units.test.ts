import { expect, test } from 'vitest';
import { degrees, degreesApart, shown } from './units';

test.each([
  [0, 32],
  [100, 212],
  [-40, -40],
  [31.25, 88.25],
])('%d C is %d F', (c, f) => {
  expect(degrees(c, 'f')).toBeCloseTo(f);
  expect(degrees(c, 'c')).toBe(c);
});

test('a difference has no offset', () => {
  expect(degreesApart(10, 'f')).toBe(18);
  expect(degreesApart(10, 'c')).toBe(10);
});

test('only temperatures change', () => {
  expect(shown(20, 'celsius', 'f')).toBe(68);
  expect(shown(20, 'rpm', 'f')).toBe(20);
});
