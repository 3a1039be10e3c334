import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findings } from './axe';
import { PHONE } from './browser';
import { putTwin, twinOf, waitForTwin } from './control';
import { openDemo } from './panel';
import { until } from './server';
import { latinWords } from './words';

const wizard = (page: Page): Locator => page.locator('dialog[data-wizard]');
const stage = (page: Page, name: string) => page.locator(`dialog[data-wizard="${name}"]`).waitFor();
/** The one thing that leads on. */
const on = (page: Page) => wizard(page).locator('.go').last().click();

async function openWizard(page: Page, water: 'Yes, I have seen it move' | 'I am not sure'): Promise<void> {
  await page.getByRole('button', { name: 'Set up outputs…' }).click();
  await until('everything to be as it has to', async () => {
    const checks = await wizard(page).locator('[data-check]').all();
    const bad = await wizard(page).locator('[data-ok="false"]').count();
    return checks.length > 0 && bad === 0;
  });
  await wizard(page).getByText(water).click();
  await on(page);
  await stage(page, 'alone');
}

describe('trying outputs', () => {
  // Half a minute of the loop a second: a sweep takes some minutes.
  const it = openDemo(['--speed', '30']);

  test('each is run alone, looked at, swept, and what was found is saved as one edit', () =>
    it.visit(async (page) => {
      const version = await putTwin(it.server, { interval_ms: 1000 });
      await waitForTwin(page, 'applied', version);
      await openWizard(page, 'I am not sure');
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H2');
      await on(page);
      await stage(page, 'which');
      expect(await findings(page)).toEqual([]);
      await wizard(page).getByText('The tachometer of Fan counted nothing.').waitFor();
      await wizard(page)
        .getByText(/^The tachometer of Pump counted [\d,]+ rpm\.$/)
        .waitFor();
      // Somebody looked at the wrong one: the wizard says what that would mean, and lets it run again.
      await wizard(page).getByLabel('The one that is called Fan').check();
      await wizard(page).locator('[data-diagnosis="swapped"]').waitFor();
      await wizard(page).getByRole('button', { name: 'Run it again', exact: true }).click();
      await stage(page, 'alone');
      await on(page);
      await stage(page, 'which');
      await wizard(page).getByLabel('Pump, as it should').check();
      await wizard(page).locator('[data-diagnosis="good"]').waitFor();
      await on(page);
      await stage(page, 'range');
      // Whoever was not sure has seen the water move by now, and can say so before a sweep.
      await wizard(page).getByText('Yes, I have seen it move').click();
      await wizard(page).getByText('Pumps run as long as a test takes.').waitFor();
      await wizard(page).getByRole('button', { name: 'Leave its limits as they are' }).click();

      await stage(page, 'alone');
      await on(page);
      await stage(page, 'which');
      await wizard(page).getByLabel('Fan, as it should').check();
      await on(page);
      await stage(page, 'range');
      await on(page);
      await stage(page, 'limits');
      expect(await findings(page)).toEqual([]);
      const found = (await twinOf(it.server)).state as unknown as {
        experiment: { kind: string; state: string; start_duty: number; stop_duty: number };
      };
      expect(found.experiment).toMatchObject({ kind: 'sweep', state: 'done' });
      const least = Number(await wizard(page).getByRole('spinbutton', { name: 'Minimum duty' }).inputValue());
      expect(least).toBe(Math.ceil(found.experiment.stop_duty) + 5);
      await on(page);
      await stage(page, 'summary');
      expect(await findings(page)).toEqual([]);
      await wizard(page).getByRole('button', { name: 'Save these settings' }).click();
      await waitForTwin(page, 'applied', version + 1);
      await wizard(page).waitFor({ state: 'detached' });
      const { desired } = await twinOf(it.server);
      expect(desired?.note).toBe('set up by trial');
      expect(desired?.body.outputs).toMatchObject([{ name: 'fan', min_duty: least, stop_duty: least }]);
    }));
});

describe('trying outputs at the pace of a person', () => {
  // In real time, so that what runs still does when somebody leaves.
  const it = openDemo([]);

  test('leaving ends what runs, after a question', () =>
    it.visit(async (page) => {
      await openWizard(page, 'I am not sure');
      await wizard(page).getByRole('button', { name: 'Leave this one out' }).click();
      await on(page);
      await wizard(page).locator('[data-trial="running"]').waitFor();
      await page.keyboard.press('Escape');
      const question = wizard(page).getByRole('alertdialog');
      await question.waitFor();
      await question.getByRole('button', { name: 'Leave' }).click();
      await wizard(page).waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Set up outputs…');
      await until('the device to have ended it', async () => {
        const { state } = await twinOf(it.server);
        return (state as unknown as { experiment: { state: string } }).experiment.state !== 'running';
      });
    }));

  test('on a phone, in Chinese, at night', () =>
    it.visit(
      async (page) => {
        await page.locator('[data-wizard-card] button').click();
        await wizard(page).locator('[data-check]').first().waitFor();
        await wizard(page).locator('.water label').first().click();
        expect(await findings(page)).toEqual([]);
        expect(await latinWords(page)).toEqual([]);
        await on(page);
        await stage(page, 'alone');
        expect(await findings(page)).toEqual([]);
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect(wide).toBeLessThanOrEqual(room ?? 0);
      },
      { viewport: PHONE, locale: 'zh-CN', colorScheme: 'dark', hasTouch: true, isMobile: true },
    ));
});

describe('a loop without water', () => {
  const it = openDemo(['--fault', 'dry@0s', '--speed', '5']);

  test('the pump is stopped and rests, and the page says what to do', () =>
    it.visit(async (page) => {
      await openWizard(page, 'I am not sure');
      await on(page);
      await wizard(page).locator('[data-trial="resting"]').waitFor();
      await wizard(page).getByText('There was no water').waitFor();
      await wizard(page).getByRole('button', { name: 'The loop is filled: try again' }).waitFor();
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await wizard(page).getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
      await wizard(page).waitFor({ state: 'detached' });
      // The rest was ended with it.
      await page.locator('[data-experiment]').waitFor({ state: 'detached' });
    }));
});
