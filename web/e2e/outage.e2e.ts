import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage } from './browser';
import { waitForPhase } from './page';
import { Server, until } from './server';

describe('when the server goes away', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('demo'), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('the page says so, says since when, and recovers by itself', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url());
    await waitForPhase(page, 'live');
    await page.locator('[data-device="demo"] [data-health="ok"]').waitFor();

    await server.kill();
    await waitForPhase(page, 'reconnecting');
    const banner = page.getByRole('alert').filter({ hasText: 'No connection to the server since' });
    await banner.waitFor();
    expect(await page.title()).toContain('Reconnecting');
    await waitForPhase(page, 'offline');
    expect(await page.locator('[data-link]').textContent()).toMatch(/No connection.*since \d\d:\d\d:\d\d/s);
    // The refused connections are the browser's to report; nothing else may be.
    expect(
      offences.console.filter(
        (m) => !m.includes('ERR_CONNECTION_REFUSED') && !m.includes('ERR_INCOMPLETE_CHUNKED_ENCODING'),
      ),
    ).toEqual([]);

    await server.again();
    await waitForPhase(page, 'live');
    await banner.waitFor({ state: 'detached' });
    const { last_seen } = await server.json<{ health: string; last_seen: number }>('api/v1/devices/demo');
    await until('fresh samples on the page', async () => {
      const age = (await page.locator('[data-device="demo"] .age').textContent()) ?? '';
      return /\b[0-9] sec ago/.test(age) && Date.now() - last_seen < 60_000;
    });
    expect(offences.foreign).toEqual([]);
    await close();
  });
});
