import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage } from './browser';
import { hero, waitForPhase } from './page';
import { Server, until } from './server';

/** A new installation behind a path prefix, from nothing to the first value. */
describe('first steps, behind a prefix', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    const env = { COOLANT_HTTP_BASE_PATH: '/cooling/' };
    [server, browser] = await Promise.all([Server.start('serve', [], env), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('the page says what to do, and shows the device as soon as it is there', async () => {
    const { page, offences, close } = await openPage(browser, server.origin, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto(server.url());
    await waitForPhase(page, 'live');
    const command = page.locator('code', { hasText: 'coolant device add my-loop' });
    await command.waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await until(
      'the command in the clipboard',
      async () =>
        (await page.evaluate(() => navigator.clipboard.readText())) === 'coolant device add my-loop',
    );

    const device = await server.addDevice('my-loop');
    await page.locator('[data-device="my-loop"] [data-health="waiting"]').waitFor();
    const sample = {
      seq: 1,
      ts: Date.now(),
      m: { water: 31.25, ambient: 22.5, pump_rpm: 2410, flow_lpm: 1.3 },
    };
    const message = JSON.stringify({ boot: '9f3c51d27ab04e66', samples: [sample] });
    await server.publish(device, 'coolant/my-loop/telemetry', [message]);
    await until('the first value', async () => (await hero(page).textContent()) === '31.3');
    await page.locator('[data-device="my-loop"] [data-health="ok"]').waitFor();
    expect(await page.title()).toContain('31.3 °C');

    // Links and addresses stay behind the prefix.
    await page.getByRole('link', { name: 'my-loop' }).click();
    await page.locator('[data-panel="temperatures"]').waitFor();
    expect(page.url()).toBe(server.url('devices/my-loop'));
    await page.reload();
    await page.locator('[data-panel="temperatures"]').waitFor();
    await page.goBack();
    await page.locator('[data-device="my-loop"]').waitFor();
    await page.goto(server.url('devices/nobody'));
    await page.getByRole('heading', { name: 'No such device' }).waitFor();
    expect(offences.foreign).toEqual([]);
    expect(offences.console).toEqual([]);
    await close();
  });
});
