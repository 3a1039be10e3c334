import { expect, test } from 'vitest';
import { formats } from '../i18n/format';
import { timeLabels } from './axes';
import { panelsOf, tokenOf } from './panels';

const H = 3_600_000;
const t = Date.UTC(2026, 10, 23, 22);
const en = formats('en-GB', 'UTC');

test('the first of each day says which day it is', () => {
  expect(timeLabels([t, t + H, t + 2 * H, t + 3 * H], H, en)).toEqual([
    '22:00\n23 Nov',
    '23:00',
    '00:00\n24 Nov',
    '01:00',
  ]);
});

test.each([
  [1000, '22:00:00\n23 Nov'],
  [24 * H, '23 Nov'],
  [30 * 24 * H, 'Nov 2026'],
])('an increment of %d ms', (increment, want) => {
  expect(timeLabels([t], increment, en)).toEqual([want]);
});

test('panels', () => {
  const metrics = [
    'ambient',
    'fan_rpm',
    'flow_lpm',
    'heat_w',
    'outlet',
    'pump_duty',
    'pump_rpm',
    'water',
    'zz',
  ];
  expect(panelsOf(metrics)).toEqual([
    { name: 'temperatures', metrics: ['water', 'outlet', 'ambient', 'zz'], units: ['celsius'] },
    { name: 'duties', metrics: ['pump_duty'], units: ['percent'] },
    { name: 'speeds', metrics: ['pump_rpm', 'fan_rpm', 'flow_lpm'], units: ['rpm', 'lpm'] },
    { name: 'others', metrics: ['heat_w'], units: ['watt'] },
  ]);
  expect(panelsOf([])).toEqual([]);
  expect(tokenOf('gpu', 1)).toMatch(/^--series/);
});
