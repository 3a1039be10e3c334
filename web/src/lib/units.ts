import type { Unit } from './api/types';
import type { Degrees } from './settings.svelte';

/** A temperature in the unit that the viewer chose. */
export function degrees(celsius: number, unit: Degrees): number {
  return unit === 'f' ? celsius * 1.8 + 32 : celsius;
}

/** A difference of temperatures: a kelvin is 1.8 degrees Fahrenheit, without any offset. */
export function degreesApart(kelvin: number, unit: Degrees): number {
  return unit === 'f' ? kelvin * 1.8 : kelvin;
}

/** A value of any unit as it is shown: only temperatures change. */
export function shown(value: number, unit: Unit, choice: Degrees): number {
  return unit === 'celsius' ? degrees(value, choice) : value;
}
