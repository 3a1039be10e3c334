import { describe, expect, test } from 'vitest';
import { below, match, pathOf, type Route } from './router.svelte';

describe('match', () => {
  test.each<[string, Route]>([
    ['', { page: 'overview' }],
    ['/', { page: 'overview' }],
    ['index.html', { page: 'overview' }],
    ['devices/my-loop', { page: 'device', id: 'my-loop' }],
    ['devices/my-loop/', { page: 'device', id: 'my-loop' }],
    ['devices/a%20b', { page: 'device', id: 'a b' }],
    ['devices/%zz', { page: 'device', id: '%zz' }],
    ['temp_chart', { page: 'chart' }],
    ['diagnostics', { page: 'diagnostics' }],
    ['settings', { page: 'settings' }],
    ['devices', { page: 'missing' }],
    ['devices/a/b', { page: 'missing' }],
    ['settings/x', { page: 'missing' }],
    ['api/docs', { page: 'missing' }],
    ['data', { page: 'missing' }],
  ])('%s', (path, route) => expect(match(path)).toEqual(route));

  test.each<Route>([
    { page: 'overview' },
    { page: 'device', id: 'my-loop' },
    { page: 'chart' },
    { page: 'diagnostics' },
    { page: 'settings' },
  ])('the path of $page leads there', (route) => expect(match(pathOf(route))).toEqual(route));
});

describe('below', () => {
  test.each([
    ['http://h/', 'http://h/settings?x=1', 'settings'],
    ['http://h/', 'http://h/', ''],
    ['http://h/c/', 'http://h/c/devices/a', 'devices/a'],
    ['http://h/c/', 'http://h/c', ''],
    ['http://h/c/', 'http://h/other', undefined],
    ['http://h/c/', 'http://g/c/', undefined],
    ['http://h/c/index.html', 'http://h/c/settings', 'settings'],
  ])('below %s, %s is %s', (base, address, want) => expect(below(base, address)).toBe(want));
});
