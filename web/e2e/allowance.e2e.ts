import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { Mosquitto } from './mosquitto';
import { hero, waitForPhase } from './page';
import { Server, until } from './server';

/** A metered broker whose allowance is used up while somebody looks. */

const SERVICE = { username: 'coolant', password: 'to-the-broker' };
const DEVICE = { username: 'my-loop', password: 'of-the-device' };

let broker: Mosquitto;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  [broker, browser] = await Promise.all([Mosquitto.start([SERVICE, DEVICE]), launch()]);
  server = await Server.start('serve', [], {
    COOLANT_BROKER: 'remote',
    COOLANT_REMOTE_URL: broker.url,
    COOLANT_REMOTE_USERNAME: SERVICE.username,
    COOLANT_REMOTE_PASSWORD: SERVICE.password,
    COOLANT_QUOTA_PRESET: 'emqx-serverless',
    COOLANT_QUOTA_BYTES: '20kB',
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await broker?.stop();
});

test('the tile fills, and the banner says when it is full', async () => {
  const { page, offences, close } = await openPage(browser, server.origin);
  await page.goto(server.url());
  await waitForPhase(page, 'live');
  const tile = page.locator('[data-quota]');
  await tile.waitFor();
  const words = (await tile.textContent()) ?? '';
  const month = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  for (const part of [month.format(Date.now()), 'Session minutes', 'of 1,000,000', 'of 20 kB', 'estimate'])
    expect(words).toContain(part);

  const sample = (seq: number) => ({
    seq,
    ts: Date.now() - 10_000 + seq,
    m: { water: 20, ambient: 18, inlet: 19 },
  });
  for (let batch = 0; batch < 4; batch++) {
    const samples = Array.from({ length: 100 }, (_, i) => sample(batch * 100 + i + 1));
    const message = JSON.stringify({ boot: '9f3c51d27ab04e66', samples });
    await broker.publish(DEVICE, 'coolant/my-loop/telemetry', message);
  }
  await until('the samples', async () => (await hero(page).textContent()) === '20.0');
  await page.locator('[data-quota="over"]').waitFor();
  await page.locator('[data-banner="quota"]').filter({ hasText: 'is used up' }).waitFor();
  expect(await tile.locator('[data-quota-use="over"]').textContent()).toContain('Traffic');
  expect(await findings(page)).toEqual([]);

  await page.locator('[data-banner="quota"]').getByRole('link').click();
  await page.locator('[data-quota="over"]').waitFor();
  expect(await page.locator('[data-quota]').textContent()).toContain('Metered since');
  expect(offences).toEqual({ console: [], foreign: [] });
  await close();
});
