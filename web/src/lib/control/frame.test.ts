import { expect, test } from 'vitest';
import { frame } from './frame';

test.each([320, 1200])('a place is found again at a width of %d', (width) => {
  const f = frame(width, { min: 20, max: 40 });
  expect([f.x(20), f.x(40), f.y(100), f.y(0)]).toEqual([f.left, f.right, f.top, f.bottom]);
  for (const [temp, duty] of [
    [20, 0],
    [33.3, 41],
    [50, 120],
  ] as const) {
    const at = f.at(f.x(temp), f.y(duty));
    expect(at.temp).toBeCloseTo(temp, 9);
    expect(at.duty).toBeCloseTo(duty, 9);
  }
});
