import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { type MockOptions, startMock } from '../dev/mock';
import { DESKTOP, launch, openPage, PHONE } from '../e2e/browser';
import { waitForDrawing, waitForPhase } from '../e2e/page';
import { Server, until } from '../e2e/server';

const PAGES: [name: string, path: string][] = [
  ['overview', ''],
  ['device', 'devices/demo-1'],
  ['chart', 'temp_chart?range=12h'],
  ['diagnostics', 'diagnostics'],
  ['settings', 'settings'],
];

/** A desktop by day, and a phone at night. */
const LOOKS = [
  ['desktop', { viewport: DESKTOP, colorScheme: 'light' }],
  ['phone', { viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true }],
] as const;

const MANY = ['my-loop', 'warm-shelf', 'attic', 'bench-rig'];

/** States of an outside broker and of twins, which it takes a stand-in for the server to show in any order. */
const SCENES: [name: string, path: string, mock: Partial<MockOptions>][] = [
  ['overview-metered', '', { broker: 'connected', quota: 'ok' }],
  ['overview-metered-short', '', { broker: 'connected', quota: 'warning', devices: MANY }],
  ['overview-lost', '', { broker: 'waiting', quota: 'ok' }],
  ['overview-broken', '', { broker: 'broken', quota: 'over', devices: MANY }],
  ['device-lost', 'devices/my-loop', { broker: 'refused' }],
  ['broker-connected', 'diagnostics', { broker: 'connected', quota: 'ok' }],
  ['broker-failing', 'diagnostics', { broker: 'waiting', quota: 'warning' }],
  ['broker-broken', 'diagnostics', { broker: 'broken', quota: 'over' }],
  ['broker-warnings', 'diagnostics', { broker: 'warnings' }],
  ['broker-stranger', 'diagnostics', { broker: 'stranger', quota: 'unlimited' }],
  ['control-applied', 'devices/my-loop', { twin: 'applied', broker: 'connected', quota: 'ok' }],
  ['control-applying', 'devices/my-loop', { twin: 'applying' }],
  ['control-refused', 'devices/my-loop', { twin: 'refused' }],
  ['control-shared', 'devices/my-loop', { twin: 'shared' }],
  ['control-alarms', 'devices/my-loop', { twin: 'alarms' }],
  ['physics-unzeroed', 'devices/my-loop', { physics: 'unzeroed', twin: 'applied' }],
  ['physics-clogging', 'devices/my-loop', { physics: 'clogging', twin: 'applied' }],
  ['physics-chiller', 'devices/my-loop', { physics: 'chiller', twin: 'applied' }],
  ['physics-bare', 'devices/esp32', { devices: ['esp32'] }],
  ['tune-running', 'devices/my-loop', { twin: 'tuning' }],
  ['tune-found', 'devices/my-loop', { twin: 'tuned' }],
  ['tune-failed', 'devices/my-loop', { twin: 'untuned' }],
  ['setup-dry', 'devices/my-loop', { twin: 'dry' }],
  ['visitor-overview', '', { visitor: true }],
  ['visitor-diagnostics', 'diagnostics', { visitor: true }],
];

/** Takes pictures of every page: both languages, both themes, desktop and phone. Only those whose name holds a word, if one is given. */
export async function main([directory = 'screenshots', only = '']: string[]): Promise<void> {
  const to = resolve(directory);
  await mkdir(to, { recursive: true });
  const browser = await launch();
  try {
    const wanted = ([name]: readonly [string, ...unknown[]]) => name.includes(only);
    await ofServers(browser, to, wanted);
    await ofWizard(browser, to, only);
    for (const [name, path, options] of SCENES.filter(wanted)) {
      const mock = await startMock({ devices: ['my-loop'], base: '/', port: 0, ...options });
      await take(browser, to, name, mock.origin, path).finally(mock.close);
    }
  } finally {
    await browser.close();
  }
}

async function ofServers(
  browser: Browser,
  to: string,
  wanted: (page: readonly [string, string]) => boolean,
): Promise<void> {
  const pages = PAGES.filter(wanted);
  const extra = [['overview-many', ''] as const, ['overview-empty', ''] as const].filter(wanted);
  if (pages.length + extra.length === 0) return;
  const [one, many, none] = await Promise.all([
    Server.start('demo'),
    Server.start('demo', ['--devices', '4', '--fault', 'crc@3s']),
    Server.start('serve'),
  ]);
  try {
    for (const server of [one, many]) await dayOfHistory(server);
    for (const [name, path] of pages) await take(browser, to, name, (path === '' ? one : many).origin, path);
    for (const [name, path] of extra)
      await take(browser, to, name, (name.endsWith('empty') ? none : many).origin, path);
  } finally {
    await Promise.all([one.stop(), many.stop(), none.stop()]);
  }
}

/** Goes through the wizard that sets outputs up, and takes a picture of each of its stages, and of the question before gains are looked for. */
async function ofWizard(browser: Browser, to: string, only: string): Promise<void> {
  if (!'wizard'.includes(only)) return;
  for (const locale of ['en-GB', 'zh-CN']) {
    for (const [kind, look] of LOOKS) {
      const mock = await startMock({ devices: ['my-loop'], base: '/', port: 0, twin: 'applied' });
      const { page, close } = await openPage(browser, mock.origin, { locale, ...look });
      const snap = async (name: string) => {
        const file = `wizard-${name}-${locale.slice(0, 2)}-${kind}.png`;
        await page.screenshot({ path: join(to, file) });
        console.log(file);
      };
      await page.goto(`${mock.origin}/devices/my-loop`);
      await page.locator('[data-tune] .find button').first().click();
      await page.locator('[data-tune-dialog]').waitFor();
      await snap('tune');
      await page.keyboard.press('Escape');
      await page.locator('[data-wizard-card] button').click();
      const wizard = page.locator('dialog[data-wizard]');
      const on = () => wizard.locator('.go').last().click();
      await wizard.locator('[data-check]').first().waitFor();
      await wizard.locator('.water label').first().click();
      await snap('safety');
      await on();
      await snap('alone');
      await on();
      await wizard.locator('[data-trial="running"]').waitFor();
      await snap('running');
      await page.locator('[data-wizard="which"]').waitFor();
      await wizard.locator('input[value="none"]').check();
      await snap('which-none');
      await wizard.locator('input[value="this"]').check();
      await snap('which');
      await on();
      await on();
      await wizard.locator('[data-trial="running"]').waitFor();
      await snap('sweep');
      await page.locator('[data-wizard="limits"]').waitFor();
      await snap('limits');
      await on();
      await wizard.locator('.actions button').last().click();
      await page.locator('[data-wizard="summary"]').waitFor();
      await snap('summary');
      await close();
      await mock.close();
    }
  }
}

async function dayOfHistory(server: Server): Promise<void> {
  await until(
    'history',
    async () => {
      const { devices } = await server.json<{ devices: { id: string }[] }>('api/v1/devices');
      const from = Date.now() - 86_400_000;
      const answers = await Promise.all(
        devices.map((d) =>
          server.json<{ times: number[] }>(
            `api/v1/devices/${d.id}/series?from=${from}&to=${Date.now()}&width=300`,
          ),
        ),
      );
      return answers.every((a) => (a.times[0] ?? Date.now()) < from + 1_200_000);
    },
    120_000,
  );
}

async function take(browser: Browser, to: string, name: string, origin: string, path: string): Promise<void> {
  for (const locale of ['en-GB', 'zh-CN']) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [kind, viewport] of [['desktop', DESKTOP] as const, ['phone', PHONE] as const]) {
        const { page, close } = await openPage(browser, origin, { locale, colorScheme, viewport });
        await page.goto(`${origin}/${path}`);
        await waitForPhase(page, 'live');
        if (/devices|chart/.test(path)) await waitForDrawing(page, 'temperatures');
        else await page.waitForLoadState('load');
        if (path.includes('devices')) {
          await page.locator('[data-physics][aria-busy="false"]').waitFor();
          // A device of the article's sketch takes no orders.
          if (!path.endsWith('esp32')) await page.locator('[data-control]').waitFor();
        }
        if (path === '' && !name.endsWith('empty'))
          await page.locator('[data-device] figure svg').first().waitFor();
        const file = `${name}-${locale.slice(0, 2)}-${colorScheme}-${kind}.png`;
        await page.screenshot({ path: join(to, file), fullPage: true });
        console.log(file);
        await close();
      }
    }
  }
}
