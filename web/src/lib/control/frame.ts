/** Where a temperature and a duty are on the screen. Pure. */

export interface Axis {
  min: number;
  max: number;
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  axis: Axis;
  /** From a temperature to the right, in pixels. */
  x(temp: number): number;
  /** From a duty down, in pixels. */
  y(duty: number): number;
  /** Back from a place in pixels; beyond the axes it goes on. */
  at(x: number, y: number): { temp: number; duty: number };
}

const HEIGHT = 232;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 12, 28]; // room for the marks of the axes

export function frame(width: number, axis: Axis): Frame {
  const [right, bottom] = [width - RIGHT, HEIGHT - BOTTOM];
  const perKelvin = (right - LEFT) / (axis.max - axis.min);
  const perPercent = (bottom - TOP) / 100;
  return {
    ...{ width, height: HEIGHT, left: LEFT, right, top: TOP, bottom, axis },
    x: (temp) => LEFT + (temp - axis.min) * perKelvin,
    y: (duty) => TOP + (100 - duty) * perPercent,
    at: (x, y) => ({ temp: axis.min + (x - LEFT) / perKelvin, duty: 100 - (y - TOP) / perPercent }),
  };
}
