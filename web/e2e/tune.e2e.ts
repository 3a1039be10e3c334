import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { output, putTwin, save, twinOf, waitForTwin } from './control';
import { waitForPhase } from './page';
import { openDemo } from './panel';
import { type Credential, Server, until } from './server';

const PI = { setpoint: 31.5, kp: 52.5, ti_s: 64, deadband_k: 0.13 };
const EXPERIMENT = { command: 'elsewhere-1', kind: 'autotune', output: 'fan' };

/** A device of which only the messages matter, so that every state of an autotune is seen in a moment. */
describe('gains that a device finds', () => {
  let server: Server;
  let browser: Browser;
  let device: Credential;

  const say = (topic: string, message: object) =>
    server.publish(device, `coolant/loop/${topic}`, [JSON.stringify(message)]);
  const report = (experiment: object) =>
    say('reported', {
      version: 0,
      outputs: ['pump', 'fan'].map((name) => ({ name, mode: 'auto', duty: 50, claim: 'auto' })),
      experiment: { ...EXPERIMENT, ...experiment },
    });

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('serve'), launch()]);
    device = await server.addDevice('loop');
    await say('info', { firmware: '9', outputs: ['pump', 'fan'], capabilities: ['desired', 'autotune'] });
    const time = Date.now();
    await say('telemetry', {
      boot: '9f3c51d27ab04e66',
      samples: [1, 2, 3].map((seq) => ({
        seq,
        ts: time - 30_000 + 10_000 * seq,
        m: { water: 31 + seq / 8 },
      })),
    });
    await report({ state: 'running', phase: 'heating', cycles: 2 });
    await until('the report', async () => (await twinOf(server, 'loop')).state?.outputs);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('are followed, shown, taken into an edit with a note, and saved', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url('devices/loop'));
    await waitForPhase(page, 'live');
    const fan = page.locator('[data-output="fan"]');
    const tune = fan.locator('[data-tune]');

    // Begun elsewhere, and shown all the same; also after the page is loaded again.
    for (const visit of [1, 2]) {
      await fan.locator('[data-tune="running"]').waitFor();
      await fan.getByText('The water warms.').waitFor();
      expect(await fan.locator('[data-cycles]').getAttribute('data-cycles')).toBe('2');
      await page.locator('[data-experiment="autotune"]').getByText('Finding gains for Fan').waitFor();
      expect(await fan.getByRole('button', { name: 'Abort' }).isEnabled()).toBe(true);
      expect(
        await page
          .locator('[data-output="pump"]')
          .getByRole('button', { name: 'setpoint instead' })
          .isDisabled(),
      ).toBe(true);
      if (visit === 1) await page.reload();
    }
    expect(await findings(page)).toEqual([]);

    await report({ state: 'failed', reason: 'the cycles did not become alike' });
    await fan.locator('[data-ended="uneven"]').waitFor();
    await fan.getByText('the cycles did not become alike').waitFor();
    expect(await page.locator('[data-experiment]').count()).toBe(0);

    await report({ state: 'done', pi: PI, delay_s: 9.5, gain: 0.00021, swing_k: 0.41, settle_s: 190 });
    await fan.locator('[data-tune="done"]').waitFor();
    await tune.getByText('back within 0.25 K after about 3 mins 10 secs').waitFor();
    expect(await tune.locator('tbody tr').allTextContents()).toEqual([
      expect.stringMatching(/Gain.*52\.5.*none/),
      expect.stringMatching(/Integral time.*64.*none/),
      expect.stringMatching(/Deadband.*0\.13.*none/),
    ]);
    expect(await findings(page)).toEqual([]);
    await tune.getByRole('button', { name: 'Use this setpoint with these gains' }).click();
    await tune.getByText('In the settings').waitFor();
    expect((await twinOf(server, 'loop')).desired).toBeNull(); // nothing is sent before it is saved
    expect(await page.locator('[data-unsaved] input').inputValue()).toBe('gains found at 31.5 °C');
    await page.locator('[data-unsaved]').getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-twin="applying"][data-version="1"]').waitFor();
    const { desired } = await twinOf(server, 'loop');
    expect(desired).toMatchObject({
      note: 'gains found at 31.5 °C',
      body: { outputs: [{ name: 'fan', auto: { input: 'water', pi: PI } }] },
    });

    await tune.getByRole('button', { name: 'Dismiss' }).click();
    await tune.locator('section').waitFor({ state: 'detached' });
    await page.reload();
    await fan.getByRole('button', { name: 'Find gains' }).waitFor();
    expect(await tune.locator('section').count()).toBe(0);
    expect(offences.foreign).toEqual([]);
    await close();
  });
});

describe('a loop that finds its gains', () => {
  // Four minutes of the loop a second, and a host whose heat does not change.
  const it = openDemo(['--speed', '240', '--heat', '45']);

  test('from the question, by way of one that was aborted, to a water that is held', () =>
    it.visit(async (page) => {
      const version = await putTwin(it.server, { interval_ms: 1000 });
      await waitForTwin(page, 'applied', version);
      const fan = output(page, 'fan');
      const question = page.locator('[data-tune-dialog]');
      const setpoint = question.getByRole('spinbutton');
      await fan.getByRole('button', { name: 'Use a setpoint instead' }).click();
      await question.waitFor();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Use a setpoint instead');
      await page.keyboard.press('Enter');
      await setpoint.fill('10'); // which no fan reaches: it looks for it until somebody ends it
      await setpoint.press('Tab');
      await question.getByText('2 h', { exact: true }).click();
      await question.getByRole('button', { name: 'Start' }).click();
      await fan.locator('[data-claim="autotune"]').waitFor();
      await until('the fan to cool in full', async () => (await it.value('fan_duty')) === 100);
      await page.locator('[data-experiment="autotune"]').getByText('Finding gains for Fan').waitFor();
      await page.locator('[data-experiment]').getByRole('button', { name: 'Abort' }).click();
      await fan.locator('[data-ended="aborted"]').waitFor();
      await fan.locator('[data-claim="auto"]').waitFor();
      await fan.getByRole('button', { name: 'Dismiss' }).click();

      await fan.getByRole('button', { name: 'Use a setpoint instead' }).click();
      await setpoint.fill('30');
      await setpoint.press('Tab');
      await question.getByRole('button', { name: 'Start' }).click();
      await fan.locator('[data-tune="done"]').waitFor();
      await fan.locator('[data-claim="auto"]').waitFor();
      await fan.getByText('back within 0.25 K after about').waitFor();
      expect(await findings(page)).toEqual([]);
      const { state, desired } = await twinOf(it.server);
      expect(desired?.version).toBe(version); // it has changed nothing by itself
      const { pi } = (state as unknown as { experiment: { pi: typeof PI } }).experiment;
      expect(pi.setpoint).toBe(30);

      await fan.getByRole('button', { name: 'Use this setpoint with these gains' }).click();
      await save(page);
      const saved = (await twinOf(it.server)).desired;
      expect(saved?.note).toBe('gains found at 30.0 °C');
      expect(saved?.body.outputs).toMatchObject([{ name: 'fan', auto: { input: 'water', pi } }]);
      let held = 0;
      await until('the water to be held', async () => {
        held = Math.abs((await it.value('water')) - 30) <= 0.25 ? held + 1 : 0;
        return held >= 20; // a second at least: four minutes of the loop
      });
    }));
});
