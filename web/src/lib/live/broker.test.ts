import { describe, expect, test } from 'vitest';
import type { QuotaUse, RemoteBroker } from '../api/types';
import {
  commonName,
  countdown,
  expiry,
  GRACE_MS,
  isBroken,
  isLost,
  otherWarnings,
  problemWords,
  share,
} from './broker';

const now = Date.UTC(2026, 10, 24, 12);
const DAY = 86_400_000;

function remote(changes: Partial<RemoteBroker> = {}): RemoteBroker {
  return {
    url: 'mqtts://broker.example:8883',
    username: 'coolant',
    state: 'waiting',
    since: now - 60_000,
    attempts: 3,
    warnings: [],
    separation: { state: 'unproven' },
    ...changes,
  };
}

describe('readings do not arrive', () => {
  test.each([
    { name: 'without an outside broker they do', remote: undefined, want: false },
    { name: 'connected they do', remote: remote({ state: 'connected' }), want: false },
    { name: 'waiting', remote: remote(), want: true },
    { name: 'connecting for long', remote: remote({ state: 'connecting' }), want: true },
    { name: 'a hiccup is none', remote: remote({ since: now - GRACE_MS }), want: false },
    { name: 'longer is one', remote: remote({ since: now - GRACE_MS - 1 }), want: true },
  ])('$name', ({ remote, want }) => expect(isLost(remote, now)).toBe(want));
});

describe('the countdown', () => {
  test.each([
    { name: 'counts whole seconds', next: now + 12_000, want: 12 },
    { name: 'begins the last one', next: now + 1, want: 1 },
    { name: 'ends at zero', next: now, want: 0 },
    { name: 'goes no further', next: now - 5_000, want: 0 },
  ])('$name', ({ next, want }) => expect(countdown(remote({ next_try: next }), now)).toBe(want));
  test.each([
    {
      name: 'none while an attempt is under way',
      remote: remote({ state: 'connecting', next_try: now + 1 }),
    },
    { name: 'none while connected', remote: remote({ state: 'connected', next_try: now + 1 }) },
    { name: 'none without a time', remote: remote() },
  ])('$name', ({ remote }) => expect(countdown(remote, now)).toBeUndefined());
});

test.each([
  ['a year', now + 365 * DAY, 'ok'],
  ['thirty days', now + 30 * DAY, 'ok'],
  ['a little less', now + 30 * DAY - 1, 'soon'],
  ['a moment', now + 1, 'soon'],
  ['none left', now, 'over'],
])('a certificate for %s', (_, expires, want) => expect(expiry({ expires }, now)).toBe(want));

test.each([
  ['CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc,C=US', 'DigiCert Global Root G2'],
  ['O=Coolant, CN=Coolant CA', 'Coolant CA'],
  ['CN=Acme\\, Inc. CA,O=Acme', 'Acme, Inc. CA'],
  ['OU=Class 3,O=Example Trust', 'Example Trust'],
  ['CN=a+SERIALNUMBER=7', 'a'],
  ['SERIALNUMBER=7', 'SERIALNUMBER=7'],
  ['', ''],
])('the name in %j', (name, want) => expect(commonName(name)).toBe(want));

describe('an allowance', () => {
  const use = (used: number, projected: number, limit = 1000): QuotaUse => ({ used, projected, limit });
  test.each([
    { name: 'enough', use: use(200, 400), want: { level: 'ok', used: 0.2, projected: 0.4 } },
    { name: 'projected to the limit', use: use(200, 1000), want: { level: 'ok', used: 0.2, projected: 1 } },
    { name: 'projected past it', use: use(200, 1001), want: { level: 'warning', used: 0.2, projected: 1 } },
    { name: 'four fifths used', use: use(800, 900), want: { level: 'warning', used: 0.8, projected: 0.9 } },
    { name: 'used up', use: use(1000, 1000), want: { level: 'over', used: 1, projected: 1 } },
    { name: 'more than used up', use: use(1500, 2000), want: { level: 'over', used: 1, projected: 1 } },
    {
      name: 'projected to less than is used',
      use: use(500, 0),
      want: { level: 'ok', used: 0.5, projected: 0.5 },
    },
    { name: 'not limited', use: use(500, 900, 0), want: undefined },
  ])('$name', ({ use, want }) => expect(share(use)).toEqual(want));
});

describe('a problem', () => {
  const texts: Record<string, string> = { 'problem.refused': 'zu', 'problem.do.refused': 'Tu was' };
  const find = (prefix: string, name: string) => texts[`${prefix}.${name}`];
  test.each([
    {
      name: 'with a known code is told in the viewer’s language, with what was found',
      problem: { code: 'refused', detail: 'nothing listens', hint: 'check the port' },
      want: { title: { text: 'zu' }, todo: { text: 'Tu was' }, detail: 'nothing listens' },
    },
    {
      name: 'without a detail has none',
      problem: { code: 'refused', detail: '', hint: '' },
      want: { title: { text: 'zu' }, todo: { text: 'Tu was' }, detail: undefined },
    },
    {
      name: 'with an unknown code is told in the server’s English',
      problem: { code: 'sea_monster', detail: 'bitten', hint: 'dive' },
      want: { title: { text: 'bitten', lang: 'en' }, todo: { text: 'dive', lang: 'en' }, detail: undefined },
    },
    {
      name: 'with nothing but a code is that code',
      problem: { code: 'sea_monster', detail: '', hint: '' },
      want: { title: { text: 'sea_monster', lang: 'en' }, todo: undefined, detail: undefined },
    },
  ])('$name', ({ problem, want }) => expect(problemWords(problem, find)).toEqual(want));
});

test('what has a place of its own is not listed again', () => {
  const warn = (code: string) => ({ step: 'tls' as const, code, detail: '', hint: '' });
  const { warnings } = remote({
    warnings: ['separation_unproven', 'no_tls', 'separation_broken'].map(warn),
  });
  expect(otherWarnings(remote({ warnings })).map((w) => w.code)).toEqual(['no_tls']);
});

test.each([
  ['not known', undefined, false],
  ['no outside broker', { mode: 'embedded' as const }, false],
  ['not tried', { mode: 'remote' as const, remote: remote() }, false],
  ['tried', { mode: 'both' as const, remote: remote({ separation: { state: 'broken' } }) }, true],
])('devices are not kept apart: %s', (_, status, want) => expect(isBroken(status)).toBe(want));
