import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage } from './browser';
import { waitForDrawing } from './page';
import { Server, until } from './server';

describe('faults', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('demo', ['--fault', 'probe-lost@5s']), launch()]);
    await until(
      'the fault',
      async () =>
        (await server.json<{ health: string; last_seen: number }>('api/v1/devices/demo')).health === 'fault',
      120_000,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('are said on the overview, marked on the chart, and come with what to do', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url());
    await page.locator('[data-device="demo"] [data-health="fault"]').waitFor();
    expect(await page.locator('[data-hero]').textContent()).toContain('probe disconnected');
    await page.goto(server.url('devices/demo?range=1h'));
    await waitForDrawing(page, 'temperatures');
    const fault = page.locator('[data-faults] [data-fault="water"][data-quality="disconnected"]').first();
    await fault.waitFor();
    const words = (await fault.textContent()) ?? '';
    for (const part of ['Water: probe disconnected', 'Ongoing', 'since', 'What to do', '4.7 kΩ'])
      expect(words).toContain(part);
    // Counted on as it goes on.
    await until('the count to go on', async () => (await fault.textContent()) !== words);
    expect(offences).toEqual({ console: [], foreign: [] });
    await close();
  });
});
