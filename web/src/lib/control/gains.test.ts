import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PiLaw } from './contract';
import { CLASSES, classOf, GAINS, gainsOf } from './gains';

describe('gains by the class of a loop', () => {
  test('are those of the contract', () => {
    const file = readFileSync(join(import.meta.dirname, '../../../../contract/gains.json'), 'utf8');
    const { classes } = JSON.parse(file) as { classes: ({ id: string } & Record<string, unknown>)[] };
    expect(classes.map(({ id, kp, ti_s, deadband_k }) => [id, { kp, ti_s, deadband_k }])).toEqual(
      Object.entries(GAINS),
    );
  });
  test.each(CLASSES)('%s is told by its numbers, whatever else a law has', (name) => {
    const law: PiLaw = { setpoint: 33, ff_duty_per_w: 0.4, range: [0, 60], ...gainsOf(name) } as PiLaw;
    expect(classOf(law)).toBe(name);
    expect(classOf({ ...law, kp: law.kp + 0.1 })).toBeUndefined();
    expect(classOf({ ...law, ti_s: law.ti_s + 1 })).toBeUndefined();
  });
  test('no two are the same', () => {
    expect(new Set(CLASSES.map((c) => JSON.stringify(GAINS[c]))).size).toBe(CLASSES.length);
  });
  test.each(['', 'huge', 'toString'])('%j is none', (word) => expect(gainsOf(word)).toBeUndefined());
});
