import { describe, expect, test } from 'vitest';
import { anchors, css, type Palette, position, type Rgb, temperatureColor } from './scale';

const limits = { warning: 40, critical: 50 };
const palette: Palette = { cold: [0, 0, 200], mild: [0, 100, 100], warm: [200, 100, 0], hot: [200, 0, 0] };

describe('the temperature scale', () => {
  test.each<[number, Rgb]>([
    [-20, palette.cold],
    [15, palette.cold],
    [27.5, palette.mild],
    [40, palette.warm],
    [45, [200, 50, 0]],
    [50, palette.hot],
    [90, palette.hot],
  ])('%d C', (celsius, color) => expect(temperatureColor(celsius, limits, palette)).toEqual(color));

  test('amber is the warning limit and red the critical one, whatever they are', () => {
    for (const l of [limits, { warning: 18, critical: 22 }, { warning: 45, critical: 59 }]) {
      const at = anchors(l);
      expect([...at].sort((a, b) => a - b)).toEqual([...at]);
      expect(temperatureColor(l.warning, l, palette)).toEqual(palette.warm);
      expect(temperatureColor(l.critical, l, palette)).toEqual(palette.hot);
    }
  });

  test('the bar ends a little beyond critical', () => {
    expect(position(0, limits)).toBe(0);
    expect(position(50, limits)).toBeCloseTo(1 / 1.1);
    expect(position(99, limits)).toBe(1);
  });

  test('css', () => {
    expect(css([1, 2, 3])).toBe('rgb(1 2 3)');
    expect(css([1, 2, 3], 0.5)).toBe('rgb(1 2 3 / 0.5)');
  });
});
