import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { hero, waitForDrawing, waitForPhase } from './page';
import { Server, until } from './server';

/** Somebody from elsewhere, whom the proxy before the server announces. */
const ELSEWHERE = { extraHTTPHeaders: { 'x-forwarded-for': '203.0.113.9' } };

describe.each(['view', 'all'] as const)('where others may see: %s', (level) => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    const started = Server.start('demo', [], { COOLANT_HTTP_PUBLIC: level });
    [server, browser] = await Promise.all([started, launch()]);
    await until('a value', async () => {
      const { devices } = await server.json<{ devices: { last_seen: number | null }[] }>('api/v1/devices');
      return devices[0]?.last_seen;
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function visit(
    path: string,
    use: (page: Page) => Promise<void>,
    options: object = ELSEWHERE,
    refusal = false,
  ): Promise<void> {
    const { page, offences, close } = await openPage(browser, server.origin, options);
    try {
      await page.goto(server.url(path));
      await waitForPhase(page, 'live');
      await use(page);
      expect(offences.foreign).toEqual([]);
      // The browser reports what was refused, whatever the page makes of it.
      const refused = (m: string) => (refusal || level === 'view') && m.includes('status of 403');
      expect(offences.console.filter((m) => !refused(m))).toEqual([]);
    } finally {
      await close();
    }
  }

  const alerts = (page: Page) => page.getByRole('alert').filter({ hasText: /\S/ }).count();
  const entry = (page: Page) => page.locator('nav a[href$="/diagnostics"]');

  test('a visitor sees the values live, and the charts', async () => {
    await visit('', async (page) => {
      expect(await hero(page).textContent()).toMatch(/^\d+\.\d$/);
      // The age of the last sample begins anew with each one.
      const ages = new Set<string | null>();
      await until('new samples', async () => {
        ages.add(await page.locator('[data-device="demo"] .age').textContent());
        return ages.size > 2;
      });
      if (level === 'view') await entry(page).waitFor({ state: 'detached' });
      else expect(await entry(page).count()).toBe(1);
      expect(await alerts(page)).toBe(0);
    });
    await visit('temp_chart?range=1h', async (page) => {
      await waitForDrawing(page, 'temperatures');
      expect(await alerts(page)).toBe(0);
    });
  });

  test('diagnostics are shown, or it is said where', () =>
    visit('diagnostics', async (page) => {
      if (level === 'all') {
        await page.locator('dl').waitFor();
        expect(await page.locator('[data-public]').count()).toBe(0);
        return;
      }
      const there = page.locator('[data-public]');
      await there.waitFor();
      expect(await there.textContent()).toMatch(/ssh -L (\d+):127\.0\.0\.1:\1 /);
      expect(await page.locator('footer a[href$="/metrics"]').count()).toBe(0);
      expect(await alerts(page)).toBe(0);
      expect(await findings(page)).toEqual([]);
    }));

  test('the control panel is for those who may read everything, and changes for the owner', () =>
    visit(
      'devices/demo',
      async (page) => {
        const asked: string[] = [];
        page.on('request', (r) => asked.push(r.url()));
        await page.reload();
        await waitForDrawing(page, 'temperatures');
        const panel = page.locator('[data-control]');
        if (level === 'view') {
          await page.locator('[data-faults]').waitFor();
          expect(await panel.count()).toBe(0);
          expect(asked.filter((url) => url.includes('/twin'))).toEqual([]);
          return;
        }
        await panel.getByText('Cold', { exact: true }).click();
        await panel.getByRole('button', { name: 'Save' }).click();
        await panel.getByText('changes are made on the machine that runs Coolant').waitFor();
        // What was edited is still there to be seen, and nothing more can be tried.
        expect(await page.locator('[data-preset]').getAttribute('data-preset')).toBe('cold');
        expect(await panel.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      },
      ELSEWHERE,
      level === 'all',
    ));

  test('on the machine itself nothing is missing', () =>
    visit(
      'diagnostics',
      async (page) => {
        await page.locator('dl').waitFor();
        expect(await entry(page).count()).toBe(1);
        expect(await page.locator('[data-public]').count()).toBe(0);
      },
      {},
    ));
});
