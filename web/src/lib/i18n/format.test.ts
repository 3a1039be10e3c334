import { describe, expect, test } from 'vitest';
import { formats } from './format';

const en = formats('en-GB', 'UTC');
const us = formats('en-US', 'UTC');
const zh = formats('zh-CN', 'UTC');
const t = Date.UTC(2026, 10, 23, 14, 5, 9);
const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

test('numbers', () => {
  expect(en.number(31.25, 1)).toBe('31.3');
  expect(en.number(2410, 0)).toBe('2,410');
  expect(en.number(-0.04, 1)).toBe('0.0');
  expect(zh.number(12345.6, 1)).toBe('12,345.6');
});

test('times', () => {
  expect([en.clock(t), us.clock(t), zh.clock(t)]).toEqual(['14:05:09', '14:05:09', '14:05:09']);
  expect([en.minute(t), zh.minute(t)]).toEqual(['14:05', '14:05']);
  expect([en.day(t), us.day(t), zh.day(t)]).toEqual(['23 Nov', 'Nov 23', '11月23日']);
  expect([en.month(t), zh.month(t)]).toEqual(['Nov 2026', '2026年11月']);
  expect([en.moment(t), zh.moment(t)]).toEqual(['23 Nov, 14:05:09', '11月23日 14:05:09']);
});

describe('a range is written with what it needs', () => {
  const jan = Date.UTC(2027, 0, 1, 0, 0, 20);
  test.each([
    { name: 'short', from: t - H, to: t, now: t, want: ['Nov 23, 13:05:09', 'Nov 23, 14:05:09'] },
    { name: 'a day', from: t - D, to: t, now: t, want: ['Nov 22, 14:05', 'Nov 23, 14:05'] },
    {
      name: 'a year',
      from: t - 365 * D,
      to: t,
      now: t,
      want: ['Nov 23, 2025, 14:05', 'Nov 23, 2026, 14:05'],
    },
    {
      name: 'over new year',
      from: jan - M,
      to: jan,
      now: jan,
      want: ['Dec 31, 2026, 23:59:20', 'Jan 1, 2027, 00:00:20'],
    },
    {
      name: 'of another year',
      from: t - D,
      to: t,
      now: jan,
      want: ['Nov 22, 2026, 14:05', 'Nov 23, 2026, 14:05'],
    },
  ])('$name', ({ from, to, now, want }) => {
    const detail = us.detail(from, to, now);
    expect([us.moment(from, detail), us.moment(to, detail)]).toEqual(want);
  });
  test('in Chinese', () => {
    expect(zh.moment(t, zh.detail(t - 365 * D, t, t))).toBe('2026年11月23日 14:05');
  });
});

test('since leaves out what is clear', () => {
  expect(en.since(t, t + H)).toBe('14:05:09');
  expect(en.since(t, t + 2 * D)).toBe('23 Nov, 14:05');
  expect(en.since(t, t + 400 * D)).toBe('23 Nov 2026');
  expect(zh.since(t, t + 2 * D)).toBe('11月23日 14:05');
});

describe('ago', () => {
  test.each([
    [4 * S, '4 sec ago', '4秒前'],
    [119 * S, '1 min ago', '1分钟前'],
    [3 * H, '3 hr ago', '3小时前'],
    [47 * H, '47 hr ago', '47小时前'],
    [72 * H, '3 days ago', '3天前'],
    [-5 * S, '0 sec ago', '0秒前'], // a clock that is a little ahead
  ])('%d ms', (age, english, chinese) => {
    expect(en.ago(t - age, t)).toBe(english);
    expect(zh.ago(t - age, t)).toBe(chinese);
  });
});

test('what lies ahead', () => {
  expect([en.ahead(t + 12 * S, t), zh.ahead(t + 12 * S, t)]).toEqual(['in 12 sec', '12秒后']);
  expect([en.ahead(t + 40 * D, t), zh.ahead(t + 40 * D, t)]).toEqual(['in 40 days', '40天后']);
  expect(en.ahead(t - D, t)).toBe('in 0 sec');
});

test('a month in UTC is that month everywhere', () => {
  const start = Date.UTC(2026, 10, 1);
  const far = formats('en-US', 'America/Los_Angeles');
  expect(far.month(start)).toBe('Oct 2026');
  expect(far.utcMonth(start)).toBe('November 2026');
  expect(formats('zh-CN', 'America/Los_Angeles').utcMonth(start)).toBe('2026年11月');
  expect([en.date(t), zh.date(t)]).toEqual(['23 Nov 2026', '2026年11月23日']);
});

test('rough numbers', () => {
  expect([412_345, 1_000_000, 999, 0].map(en.rough)).toEqual(['412,000', '1,000,000', '999', '0']);
});

test('durations', () => {
  expect(en.duration(0)).toBe('0 secs');
  expect(en.duration(350 * S)).toBe('5 mins 50 secs');
  expect(en.duration(26 * H + 5 * M)).toBe('1 day 2 hrs');
  expect(zh.duration(350 * S)).toBe('5分钟 50秒');
});

test('bytes', () => {
  expect(en.bytes(48_300_000)).toBe('48.3 MB');
  expect(en.bytes(2_500_000_000)).toBe('2.5 GB');
});

test('lists', () => {
  expect(en.list(['Inlet', 'Water'])).toBe('Inlet and Water');
  expect(zh.list(['水温', '流量'])).toBe('水温和流量');
});
