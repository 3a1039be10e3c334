import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { control, output, point, twinOf, waitForTwin } from './control';
import { openDemo } from './panel';
import { Server, until } from './server';

/** What a device does not say, and what it complains of. */

describe('a device that does not answer', () => {
  const id = 'sketch';
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('serve'), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('has no panel unless it can take something, and what it did not confirm is not shown as running', async () => {
    const credential = await server.addDevice(id);
    const tell = (kind: string, message: object) =>
      server.publish(credential, `coolant/${id}/${kind}`, [JSON.stringify(message)]);
    await tell('telemetry', {
      boot: '9f3c51d27ab04e66',
      samples: [{ seq: 1, ts: Date.now(), m: { water: 30, fan_duty: 40, pump_duty: 50 } }],
    });
    const { page, offences, close } = await openPage(browser, server.origin);
    try {
      await page.goto(server.url(`devices/${id}`));
      await page.locator('[data-hero]').getByText('30.0').waitFor();
      await until('the twin to be asked for', async () => (await twinOf(server, id)).phase === 'unset');
      await page.locator('[data-faults]').waitFor();
      expect(await control(page).count()).toBe(0);

      await tell('info', { firmware: '1', outputs: ['pump', 'fan'], capabilities: ['desired'] });
      await control(page).waitFor();
      await page.locator('[data-twin="unset"]').waitFor();
      await point(page, 'fan', 0).focus();
      await page.keyboard.press('ArrowDown');
      await control(page).getByRole('button', { name: 'Save' }).click();
      await waitForTwin(page, 'applying', 1);
      await output(page, 'fan').getByText('not confirmed yet').waitFor();
      expect(await output(page, 'pump').getByText('not confirmed yet').count()).toBe(0);
      await page.reload();
      await output(page, 'fan').getByText('not confirmed yet').waitFor();
      expect(await output(page, 'pump').getByText('not confirmed yet').count()).toBe(0);

      // Now it answers, as a device would.
      const { desired } = await twinOf(server, id);
      await tell('reported', { epoch: (desired as { epoch?: string } | null)?.epoch, version: 1 });
      await waitForTwin(page, 'applied', 1);
      expect(await output(page, 'fan').getByText('not confirmed yet').count()).toBe(0);
      expect(offences.console).toEqual([]);
    } finally {
      await close();
    }
  });
});

describe('a leak', () => {
  const it = openDemo(['--fault', 'leak@1s']);

  test('is an alarm with what to do, and the device says why it does not clear it', () =>
    it.visit(async (page) => {
      const alarm = page.locator('[data-alarm="leak"]');
      await alarm.getByText('Find the water and dry the sensor.').waitFor();
      await output(page, 'pump').locator('[data-claim="leak"]').waitFor();
      await output(page, 'pump').getByText('until somebody clears the leak').waitFor();
      await page.getByText('The device has found something wrong').waitFor();
      expect(await findings(page)).toEqual([]);
      await alarm.getByRole('button', { name: 'Clear' }).click();
      await alarm.getByText('The device does not clear it.').waitFor();
      expect(await alarm.locator('[lang="en"]').textContent()).toContain('leak');
      expect(await alarm.count()).toBe(1);
    }));
});

describe('a leak that is dry again', () => {
  const it = openDemo(['--fault', 'leak@1s+2s']);

  test('stays until a person clears it', () =>
    it.visit(async (page) => {
      const alarm = page.locator('[data-alarm="leak"]');
      await alarm.waitFor();
      await until('the device to clear it', async () => {
        if ((await alarm.count()) === 0) return true;
        const button = alarm.getByRole('button', { name: 'Clear' });
        if (await button.isEnabled()) await button.click();
        return false;
      });
      await output(page, 'pump').locator('[data-claim="auto"]').waitFor();
      expect((await twinOf(it.server)).state).not.toHaveProperty('alarms');
    }));
});
