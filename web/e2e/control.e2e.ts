import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { PHONE } from './browser';
import {
  control,
  drag,
  fingerOn,
  openLimits,
  output,
  placeOfPoint,
  point,
  putTwin,
  save,
  twinOf,
  valueOfPoint,
  waitForTwin,
} from './control';
import { atRest, night, openDemo, over as overAir } from './panel';
import { until } from './server';
import { latinWords } from './words';

describe('the whole way from a drag to the water', () => {
  // Four minutes of the loop a second: what the water does is seen within the patience of a test.
  const it = openDemo(['--speed', '240'], { TZ: night() });
  const over = () => overAir(it);

  const settle = (page: Page, duty: number) => atRest(it, page, duty);

  /** Saves the moved point, and sees the device report it, the fan run by it, and the water follow. */
  async function follows(page: Page, version: number, moved: number[], water: () => Promise<boolean>) {
    expect((await twinOf(it.server)).desired?.version).toBe(version); // nothing is sent while it moves
    expect(await save(page)).toBe(version + 1);
    const twin = await twinOf(it.server);
    expect(twin.phase).toBe('applied');
    expect(twin.reported?.version).toBe(version + 1);
    expect(twin.desired?.body.outputs?.[0]).toMatchObject({
      name: 'fan',
      auto: { input: 'water', curve: { points: [[15, 30], moved] } },
    });
    const duty = moved[1];
    await until('the fan to follow', async () => (await it.value('fan_duty')) === duty);
    await until(
      'the page to say so',
      async () => (await output(page, 'fan').locator('[data-duty]').getAttribute('data-duty')) === `${duty}`,
    );
    await until('the water to follow', water);
  }

  test('a dragged point becomes a version that the device reports, and the water follows', () =>
    it.visit(async (page) => {
      const version = await settle(page, 30);
      const before = await over();
      // Far to the left and to the top: as far as its neighbour and 100% let it.
      await drag(page, 'fan', 1, -1000, -400);
      expect(await valueOfPoint(page, 'fan', 1)).toBe('15.1 °C, 100%');
      await follows(page, version, [15.1, 100], async () => (await over()) < 0.75 * before);
    }));

  test('by touch as well', () =>
    it.visit(
      async (page) => {
        const version = await settle(page, 100);
        const before = await over();
        const plot = output(page, 'fan').locator('.plot');
        await plot.evaluate((e) => e.scrollIntoView({ block: 'center' }));
        const height = (await plot.boundingBox())?.height ?? 0;
        const finger = await fingerOn(page);
        const { x, y } = await placeOfPoint(page, 'fan', 1);
        await finger('touchStart', { x, y });
        for (let i = 1; i <= 8; i++) await finger('touchMove', { x: x + i, y: y + (height * i) / 8 });
        await finger('touchEnd');
        const [, temp = '', duty = ''] =
          /^([\d.]+) °C, (\d+)%$/.exec(await valueOfPoint(page, 'fan', 1)) ?? [];
        expect(Number(temp)).toBeGreaterThan(15.1);
        expect(duty).toBe('30'); // not below the one before it
        await follows(page, version, [Number(temp), 30], async () => (await over()) > 1.2 * before);
      },
      { viewport: PHONE, hasTouch: true, isMobile: true },
    ));

  test('and by keyboard', () =>
    it.visit(async (page) => {
      const version = await settle(page, 30);
      const before = await over();
      await point(page, 'fan', 1).focus();
      await page.keyboard.press('End');
      expect(await valueOfPoint(page, 'fan', 1)).toBe('45.0 °C, 100%');
      for (let i = 0; i < 12 && !(await valueOfPoint(page, 'fan', 1)).startsWith('15.1 '); i++)
        for (let k = 0; k < 5; k++) await page.keyboard.press('Shift+ArrowLeft');
      expect(await valueOfPoint(page, 'fan', 1)).toBe('15.1 °C, 100%');
      await follows(page, version, [15.1, 100], async () => (await over()) < 0.75 * before);
    }));
});

describe('the control panel', () => {
  const it = openDemo([]);

  beforeEach(async () => {
    const version = await putTwin(it.server, { interval_ms: 1000 });
    await until('the device as it came', async () => {
      const twin = await twinOf(it.server);
      return twin.phase === 'applied' && twin.reported?.version === version;
    });
  });

  test('points are moved, added and removed by keyboard and as numbers', () =>
    it.visit(async (page) => {
      const fan = output(page, 'fan');
      await point(page, 'fan', 2).focus();
      expect(await valueOfPoint(page, 'fan', 2)).toBe('30.0 °C, 42%');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Shift+ArrowUp');
      expect(await valueOfPoint(page, 'fan', 2)).toBe('30.5 °C, 53%');
      await page.keyboard.press('End'); // not above the one after it
      expect(await valueOfPoint(page, 'fan', 2)).toBe('30.5 °C, 68%');
      await page.keyboard.press('+');
      await until('six points', async () => (await fan.locator('[data-point]').count()) === 6);
      await until('the new one to have the focus', () =>
        page.evaluate(() => document.activeElement?.getAttribute('data-point') === '3'),
      );
      await page.keyboard.press('-');
      await until('five points', async () => (await fan.locator('[data-point]').count()) === 5);
      // A double click on the empty part of the plot adds one, too, as near to it as its neighbours let it.
      const plot = await fan.locator('.plot').boundingBox();
      await fan.locator('.plot').dblclick({ position: { x: (plot?.width ?? 0) - 30, y: 100 } });
      await until('six points', async () => (await fan.locator('[data-point]').count()) === 6);
      expect(await valueOfPoint(page, 'fan', 5)).toMatch(/^3\d\.\d °C, 100%$/);
      await fan.getByRole('button', { name: 'Remove the point', exact: true }).click();
      await until('five points', async () => (await fan.locator('[data-point]').count()) === 5);

      await fan.getByText('Points as numbers').click();
      const temp = fan.getByLabel('Temperature of point 1');
      await temp.fill('26');
      await temp.press('Enter');
      expect(await valueOfPoint(page, 'fan', 0)).toBe('26.0 °C, 15%');
      await temp.fill('90'); // not beyond the one after it
      await temp.press('Enter');
      expect(await valueOfPoint(page, 'fan', 0)).toBe('26.9 °C, 15%');
      expect(await temp.inputValue()).toBe('26.9');

      expect(await page.locator('[data-unsaved]').getAttribute('data-unsaved')).toBe('1');
      await control(page).getByRole('button', { name: 'Discard' }).click();
      expect(await valueOfPoint(page, 'fan', 0)).toBe('24.0 °C, 15%');
      expect(await page.locator('[data-unsaved]').count()).toBe(0);
    }));

  test('a finger drags a point, and scrolls beside it', () =>
    it.visit(
      async (page) => {
        const finger = await fingerOn(page);
        const { x, y } = await placeOfPoint(page, 'pump', 1);
        const scrolled = await page.evaluate(() => scrollY);
        await finger('touchStart', { x, y });
        for (let i = 1; i <= 8; i++) await finger('touchMove', { x: x + 4 * i, y: y - 3 * i });
        const [, temp = '', duty = ''] =
          /^([\d.]+) °C, (\d+)%$/.exec(await valueOfPoint(page, 'pump', 1)) ?? [];
        expect(Number(temp)).toBeGreaterThan(32);
        expect(Number(duty)).toBeGreaterThan(70);
        // Down, and far: the page would scroll along if the touch were its own.
        for (let i = 1; i <= 8; i++) await finger('touchMove', { x, y: y + 12 * i });
        await finger('touchEnd');
        expect(await valueOfPoint(page, 'pump', 1)).toBe('30.0 °C, 45%');
        expect(await page.evaluate(() => scrollY)).toBe(scrolled);
        expect(await page.locator('[data-unsaved]').count()).toBe(1);
        const plot = await output(page, 'pump').locator('.plot').boundingBox();
        const beside = { x: (plot?.x ?? 0) + 60, y: (plot?.y ?? 0) + 20 };
        await finger('touchStart', beside);
        for (let i = 1; i <= 8; i++) await finger('touchMove', { x: beside.x, y: beside.y - 8 * i });
        await finger('touchEnd');
        await until('the page to scroll', () => page.evaluate((from) => scrollY > from, scrolled));
      },
      { viewport: PHONE, hasTouch: true, isMobile: true },
    ));

  test('a setpoint replaces the curve, and the curve comes back', () =>
    it.visit(async (page) => {
      const fan = output(page, 'fan');
      await fan.getByText('Setpoint', { exact: true }).click();
      const setpoint = fan.getByRole('spinbutton', { name: 'Setpoint' });
      await setpoint.fill('24.5');
      await setpoint.press('Enter');
      await save(page);
      expect((await twinOf(it.server)).desired?.body.outputs).toMatchObject([
        { name: 'fan', auto: { input: 'water', pi: { setpoint: 24.5, kp: 80, ti_s: 90 } } },
      ]);
      await fan.getByText('Curve', { exact: true }).click();
      await fan.locator('[data-point]').first().waitFor();
      await save(page);
      expect((await twinOf(it.server)).desired?.body).toEqual({ interval_ms: 1000 });
    }));

  test('a preset is one edit, and the interval another', () =>
    it.visit(async (page) => {
      expect(await page.locator('[data-preset]').getAttribute('data-preset')).toBe('balanced');
      await control(page).getByText('Quiet', { exact: true }).click();
      await page.locator('[data-preset="quiet"]').waitFor();
      await openLimits(page);
      await control(page).getByLabel('Sends a sample every').selectOption('5000');
      expect(await page.locator('[data-unsaved]').getAttribute('data-unsaved')).toBe('3');
      await save(page);
      await page.getByText('In effect: 5 s.').waitFor();
      const { desired, state } = await twinOf(it.server);
      expect(desired?.body.outputs).toHaveLength(2);
      expect(state?.interval_ms).toBe(5000);
    }));

  test('an override begins at once, is counted down, and is ended', () =>
    it.visit(async (page) => {
      const fan = output(page, 'fan');
      await fan.getByText('Override', { exact: true }).click();
      await fan.getByLabel('Duty of Fan, by hand').fill('80');
      await fan.getByText('1 h', { exact: true }).click();
      await fan.getByRole('button', { name: 'Start' }).click();
      await fan.locator('[data-override="override.running"]').waitFor();
      await fan.locator('[data-claim="override"]').waitFor();
      expect(await fan.getByRole('timer').textContent()).toMatch(/^(1:00:00|59:\d\d) left$/);
      const [said] = (await twinOf(it.server)).desired?.body.outputs ?? [];
      const end = (said?.override as { until: number } | undefined)?.until ?? 0;
      expect(end - Date.now()).toBeGreaterThan(58 * 60_000);
      expect(end - Date.now()).toBeLessThan(61 * 60_000);
      await until('the fan to run as told', async () => (await it.value('fan_duty')) === 80);
      await fan.getByRole('button', { name: 'End now' }).click();
      await fan.locator('[data-claim="auto"]').waitFor();
      expect((await twinOf(it.server)).desired?.body).toEqual({ interval_ms: 1000 });
    }));

  test('a pump is stopped only after a question', () =>
    it.visit(async (page) => {
      const pump = output(page, 'pump');
      const version = (await twinOf(it.server)).desired?.version ?? 0;
      await pump.getByText('Override', { exact: true }).click();
      await pump.getByLabel('Duty of Pump, by hand').fill('0');
      await pump.getByText('A pump may be off for at most 30 minutes.').waitFor();
      await pump.getByRole('button', { name: 'Start' }).click();
      const question = page.locator('[data-confirm]');
      await question.getByText('Pump will stand still.').waitFor();
      expect(await findings(page)).toEqual([]);
      await question.getByRole('button', { name: 'Cancel' }).click();
      await question.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Start');
      expect((await twinOf(it.server)).desired?.version).toBe(version);

      await pump.getByRole('button', { name: 'Start' }).click();
      await question.getByRole('button', { name: 'Yes, do it' }).click();
      await pump.locator('[data-claim="override"]').waitFor();
      await until('the pump to stand', async () => (await it.value('pump_duty')) === 0);
      await pump.getByRole('button', { name: 'End now' }).click();
      await pump.locator('[data-claim="auto"]').waitFor();
    }));

  test('the other dangers are asked about too, and nothing else is', () =>
    it.visit(async (page) => {
      await openLimits(page);
      await control(page).getByRole('spinbutton', { name: 'Critical water temperature' }).fill('54');
      await control(page).getByRole('spinbutton', { name: 'Critical water temperature' }).press('Enter');
      await output(page, 'pump').getByText('Advanced', { exact: true }).click();
      await output(page, 'pump').getByRole('spinbutton', { name: 'Minimum duty' }).fill('25');
      await output(page, 'pump').getByRole('spinbutton', { name: 'Minimum duty' }).press('Enter');
      await control(page).getByRole('button', { name: 'Save' }).click();
      const question = page.locator('[data-confirm]');
      expect(await question.locator('p').allTextContents()).toEqual([
        expect.stringContaining('Pump may run at as little as 25%'),
        expect.stringContaining('may reach 54.0 °C'),
      ]);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      expect(await page.locator('[data-unsaved]').getAttribute('data-unsaved')).toBe('2');
      const version = (await twinOf(it.server)).desired?.version ?? 0;
      await control(page).getByRole('button', { name: 'Save' }).click();
      await question.getByRole('button', { name: 'Yes, do it' }).click();
      await waitForTwin(page, 'applied', version + 1);
      expect((await twinOf(it.server)).desired?.body.critical_c).toBe(54);
    }));

  test('what the device refuses is said in its words, is not shown as running, and can be taken back', () =>
    it.visit(async (page) => {
      const good = (await twinOf(it.server)).desired?.version ?? 0;
      // How far ahead an end may be is judged by the device's own clock; what else it cannot do the server knows.
      const override = { duty: 50, until: Date.now() + 25 * 3_600_000 };
      const version = await putTwin(it.server, { outputs: [{ name: 'fan', override }] });
      await waitForTwin(page, 'refused', version);
      const refused = (await twinOf(it.server)).reported?.refused ?? '';
      expect(refused).not.toBe('');
      await page.locator('[data-twin]').getByText(refused).waitFor();
      await output(page, 'fan').getByText('refused, not running').waitFor();
      expect(await output(page, 'pump').getByText('refused, not running').count()).toBe(0);

      await control(page).getByText('History of changes').click();
      const entry = page.locator(`[data-entry="${good}"]`);
      await page.locator(`[data-entry="${version}"]`).getByText('by a test').waitFor();
      await entry.getByRole('button', { name: 'Return to it' }).click();
      await waitForTwin(page, 'applied', version + 1);
      await page
        .locator(`[data-entry="${version + 1}"]`)
        .getByText(`back to version ${good}`)
        .waitFor();
      expect((await twinOf(it.server)).desired?.body).toEqual({ interval_ms: 1000 });
    }));

  test('two people edit: what the other did is shown, and both stay', () =>
    it.visit(async (page) => {
      await point(page, 'fan', 4).focus();
      await page.keyboard.press('ArrowLeft');
      const version = await putTwin(it.server, { interval_ms: 60_000 });
      const conflict = page.locator('[data-conflict]');
      await conflict.getByText('report interval: 1 s → 1 min').waitFor();
      await waitForTwin(page, 'applied', version);
      expect(await control(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      expect(await valueOfPoint(page, 'fan', 4)).toBe('35.5 °C, 100%');
      expect(await findings(page)).toEqual([]);
      await conflict.getByRole('button', { name: 'Apply mine on top' }).click();
      await conflict.waitFor({ state: 'detached' });
      await save(page);
      const body = (await twinOf(it.server)).desired?.body;
      expect(body?.interval_ms).toBe(60_000);
      expect(body?.outputs).toMatchObject([{ name: 'fan', auto: { curve: { hysteresis_k: 1 } } }]);

      await point(page, 'fan', 4).focus();
      await page.keyboard.press('ArrowLeft');
      await putTwin(it.server, { interval_ms: 1000 });
      await conflict.getByRole('button', { name: 'Take theirs' }).click();
      await conflict.waitFor({ state: 'detached' });
      expect(await valueOfPoint(page, 'fan', 4)).toBe('36.0 °C, 100%');
    }));

  describe.each(['light', 'dark'] as const)('with everything open, in the %s theme', (colorScheme) => {
    test.each(['en-GB', 'zh-CN'])('it is accessible, fits a phone and speaks one language: %s', (locale) =>
      it.visit(
        async (page) => {
          // Chinese or English: what is open is found by what it is.
          for (const fold of await control(page).locator('details').all()) {
            await fold.evaluate((e: HTMLDetailsElement) => {
              e.open = true;
            });
          }
          await page.locator('[data-entry]').first().waitFor();
          await point(page, 'fan', 1).focus();
          await page.keyboard.press('ArrowUp');
          await page.locator('[data-unsaved]').waitFor();
          expect(await findings(page)).toEqual([]);
          const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          expect(wide).toBeLessThanOrEqual(room ?? 0);
          if (locale !== 'zh-CN') return;
          const own = ['by', 'test']; // the note of whoever saved the versions
          expect((await latinWords(page)).filter((w) => !own.includes(w))).toEqual([]);
        },
        { viewport: PHONE, colorScheme, locale, reducedMotion: 'reduce', hasTouch: true, isMobile: true },
      ),
    );
  });
});
