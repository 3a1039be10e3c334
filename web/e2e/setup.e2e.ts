import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { PHONE } from './browser';
import { control, openLimits, output, putTwin, save, twinOf, waitForTwin } from './control';
import { openDemo } from './panel';
import { until } from './server';
import { latinWords } from './words';

const ZERO = '#zero-probes';

/** Opens every fold of the panel, whatever the language. */
async function openAll(page: Page): Promise<void> {
  for (const fold of await control(page).locator('details').all()) {
    await fold.evaluate((e: HTMLDetailsElement) => {
      e.open = true;
    });
  }
}

const number = (page: Page, name: string) => control(page).getByRole('spinbutton', { name });

async function type(page: Page, name: string, value: string): Promise<void> {
  await number(page, name).fill(value);
  await number(page, name).press('Enter');
}

describe('setting a device up', () => {
  const it = openDemo([]);
  const body = async () => (await twinOf(it.server)).desired?.body;

  beforeEach(async () => {
    const version = await putTwin(it.server, { interval_ms: 1000 });
    await until('the device as it came', async () => {
      const twin = await twinOf(it.server);
      return twin.phase === 'applied' && twin.reported?.version === version;
    });
  });

  test('an output is added on a pin that is free, named, and removed again', () =>
    it.visit(async (page) => {
      const add = page.locator('[data-add-output]');
      await add.getByText('Add an output').click();
      await add.getByLabel('What it moves').selectOption('pump');
      await add.getByLabel('Driven by').selectOption('switch');
      const pins = await add.getByLabel('Pin').locator('option').allTextContents();
      expect(pins).toEqual(['GPIO 21', 'GPIO 22']); // those of pump and fan are taken
      await add.getByLabel('Pin').selectOption('22');
      await add.getByRole('button', { name: 'Add', exact: true }).click();
      await output(page, 'pump2').waitFor();
      await save(page);
      expect((await body())?.outputs).toEqual([
        { name: 'pump2', role: 'pump', kind: 'switch', wiring: { pin: 22 } },
      ]);
      await until('the device to report it', async () =>
        (await twinOf(it.server)).state?.outputs.some((o) => o.name === 'pump2'),
      );

      await output(page, 'pump2').getByText('Output and wiring').click();
      const name = output(page, 'pump2').getByLabel('Name');
      await name.fill('Spare pump');
      await name.press('Enter');
      await output(page, 'pump2').getByRole('alert').waitFor();
      await name.fill('pump3');
      await name.press('Enter');
      await output(page, 'pump3').waitFor();
      await save(page);
      expect((await body())?.outputs).toMatchObject([{ name: 'pump3', role: 'pump' }]);

      await output(page, 'pump3').getByText('Output and wiring').click();
      await output(page, 'pump3').getByRole('button', { name: 'Remove it' }).click();
      await save(page);
      expect(await body()).toEqual({ interval_ms: 1000 });
    }));

  test('an output of the board is given up only after a question, and taken back', () =>
    it.visit(async (page) => {
      await output(page, 'fan').getByText('Output and wiring').click();
      expect(await output(page, 'fan').getByLabel('Name').getAttribute('readonly')).not.toBeNull();
      await output(page, 'fan').getByRole('button', { name: 'Give it up' }).click();
      await output(page, 'fan').waitFor({ state: 'detached' });
      const version = (await twinOf(it.server)).desired?.version ?? 0;
      await control(page).getByRole('button', { name: 'Save' }).click();
      const question = page.locator('[data-confirm]');
      await question.getByText('it runs at full speed by its wiring').waitFor();
      await question.getByRole('button', { name: 'Yes, do it' }).click();
      await waitForTwin(page, 'applied', version + 1);
      expect((await body())?.outputs).toEqual([{ name: 'fan', kind: 'none' }]);

      await page.locator('[data-add-output]').getByText('Add an output').click();
      await page.locator('[data-add-output]').getByRole('button', { name: 'Take it back' }).click();
      await save(page);
      expect(await body()).toEqual({ interval_ms: 1000 });
    }));

  test('bands are skipped, and what contradicts itself cannot be saved', () =>
    it.visit(async (page) => {
      const fan = output(page, 'fan');
      await fan.getByText('Advanced', { exact: true }).click();
      await fan.getByRole('button', { name: 'Skip a band' }).click();
      await fan.getByLabel('Band 1 from').fill('31');
      await fan.getByLabel('Band 1 from').press('Enter');
      await fan.getByLabel('Band 1 to').fill('38');
      await fan.getByLabel('Band 1 to').press('Enter');
      const most = fan.getByRole('spinbutton', { name: 'Maximum duty' });
      await most.fill('35');
      await most.press('Enter');
      await fan.locator('[data-problem="skip_above_max"]').waitFor();
      await page
        .locator('[data-unsaved]')
        .getByText('Fan: A skipped band ends above the maximum duty.')
        .waitFor();
      expect(await control(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      expect(await findings(page)).toEqual([]);
      await most.fill('90');
      await most.press('Enter');
      await fan.locator('[data-problem]').waitFor({ state: 'detached' });
      await save(page);
      expect((await body())?.outputs).toEqual([{ name: 'fan', skip: [[31, 38]], max_duty: 90 }]);
      // What is the device's own again is not said any more.
      await fan.getByRole('button', { name: 'Reset Maximum duty' }).click();
      await fan.getByRole('button', { name: 'Remove band 1' }).click();
      await save(page);
      expect(await body()).toEqual({ interval_ms: 1000 });
    }));

  test('standby, and the heat from which a host is busy', () =>
    it.visit(async (page) => {
      await openLimits(page);
      await control(page).getByLabel('Standby while idle').check();
      await type(page, 'Idle below', '30');
      await control(page).locator('[data-problem="idle_above_busy"]').waitFor();
      expect(await control(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await type(page, 'Busy from', '40');
      await control(page).locator('[data-problem]').waitFor({ state: 'detached' });
      await save(page);
      expect(await body()).toEqual({
        interval_ms: 1000,
        standby: { enabled: true, idle_w: 30 },
        busy_w: 40,
      });
      await type(page, 'Busy from', '0');
      await control(page).getByText('At 0 nothing is watched').waitFor();
      await save(page);
    }));

  test('two probes change their roles, and none is left without the water', () =>
    it.visit(async (page) => {
      await page.locator('[data-probes] > summary').click();
      const first = page.locator('[data-probe]').first().getByLabel('Measures');
      const second = page.locator('[data-probe]').nth(1).getByLabel('Measures');
      expect([await first.inputValue(), await second.inputValue()]).toEqual(['water', 'inlet']);
      await first.selectOption('');
      await control(page).locator('[data-problem="no_water"]').waitFor();
      expect(await control(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await second.selectOption('water');
      await first.selectOption('inlet');
      await control(page).locator('[data-problem]').first().waitFor({ state: 'detached' });
      await save(page);
      const roles = (await body())?.probes?.map((p) => p.role);
      expect(roles).toEqual(['inlet', 'water', 'outlet', 'ambient']);
    }));

  test('probes are zeroed, and their offsets become one edit', () =>
    it.visit(async (page) => {
      // Where another part of the page leads to: the fold opens by its address.
      await page.evaluate((hash) => {
        location.hash = hash;
      }, ZERO);
      const zero = page.locator(ZERO);
      await zero.getByText('Which probes').waitFor();
      await zero.getByLabel('Ambient').uncheck();
      await zero.getByRole('spinbutton', { name: 'Average for' }).fill('5');
      await zero.getByRole('spinbutton', { name: 'Average for' }).press('Enter');
      await zero.getByRole('button', { name: 'Start' }).click();
      await zero.getByRole('progressbar', { name: 'The device averages' }).waitFor();
      await zero.locator('[data-zero-result]').waitFor();
      expect(await zero.locator('[data-zero-result] tbody th').allTextContents()).toEqual([
        'Inlet',
        'Outlet',
        'Water',
      ]);
      expect(await findings(page)).toEqual([]);
      expect((await body())?.probes).toBeUndefined(); // nothing is changed by itself
      await zero.getByRole('button', { name: 'Use these offsets' }).click();
      expect(await page.locator('[data-unsaved]').getAttribute('data-unsaved')).toBe('1');
      await save(page);
      const found = (await twinOf(it.server)).state?.zero?.offsets ?? {};
      const said = (await body())?.probes ?? [];
      expect(said.map((p) => p.role)).toEqual(['water', 'inlet', 'outlet', 'ambient']);
      for (const { role, offset_k = 0 } of said) expect(offset_k).toBe(found[role] ?? 0);
      expect(Math.abs(Object.values(found).reduce((sum, k) => sum + k, 0))).toBeLessThan(0.03);
    }));

  test('the heat of the host is shown while it holds, and a feed-forward follows from it', () =>
    it.visit(async (page) => {
      const fan = output(page, 'fan');
      await fan.getByText('Setpoint', { exact: true }).click();
      await fan.getByText('Advanced', { exact: true }).click();
      await fan.getByLabel('Gains for').selectOption({ label: 'Small: half a litre, one 120 mm fan' });
      await fan.getByText('Heat of the host', { exact: true }).click();
      await fan.getByText('coolant device input demo', { exact: false }).first().waitFor();
      const answer = await fetch(it.server.url('api/v1/devices/demo/input'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ host_w: 50, valid_s: 600 }),
      });
      expect(answer.status).toBe(204);
      await fan.locator('[data-host-heat="50"]').waitFor();
      const needed = fan.getByRole('spinbutton', { name: 'It takes a duty of' });
      await needed.fill('70');
      await needed.press('Enter');
      await fan.getByText('(70% − 20%) ÷ 50 W = 1.00 %/W').waitFor();
      await fan.getByRole('button', { name: 'Use this number' }).click();
      await save(page);
      expect((await body())?.outputs).toMatchObject([
        { name: 'fan', auto: { input: 'water', pi: { ff_duty_per_w: 1 } } },
      ]);
    }));

  describe.each(['light', 'dark'] as const)(
    'with work shared and everything open, in the %s theme',
    (colorScheme) => {
      test.each(['en-GB', 'zh-CN'])('it is accessible, fits a phone and speaks one language: %s', (locale) =>
        it.visit(
          async (page) => {
            await page.locator('[data-shared] input[type="checkbox"]').check();
            await page.locator('[data-bars]').waitFor();
            await openAll(page);
            expect(await findings(page)).toEqual([]);
            const [wide, room] = await page.evaluate(() => [
              document.documentElement.scrollWidth,
              innerWidth,
            ]);
            expect(wide).toBeLessThanOrEqual(room ?? 0);
            if (locale !== 'zh-CN') return;
            const own = ['by', 'test']; // the note of whoever saved the versions
            expect((await latinWords(page)).filter((w) => !own.includes(w))).toEqual([]);
          },
          { viewport: PHONE, colorScheme, locale, reducedMotion: 'reduce', hasTouch: true, isMobile: true },
        ),
      );
    },
  );
});

describe('pump and fan that share the work', () => {
  // Half a minute of the loop a second: what a demand does is seen within the patience of a test.
  const it = openDemo(['--speed', '30']);

  test('one setpoint moves both, in the order that was chosen', () =>
    it.visit(async (page) => {
      const shared = page.locator('[data-shared]');
      await shared.getByRole('checkbox').check();
      await page.locator('[data-shared="pump"]').waitFor();
      // A water that nothing can reach: both have to do all they can.
      await shared.getByRole('spinbutton', { name: 'Setpoint' }).fill('10');
      await shared.getByRole('spinbutton', { name: 'Setpoint' }).press('Enter');
      await save(page);
      expect((await twinOf(it.server)).desired?.body.outputs).toMatchObject([
        { name: 'pump', auto: { input: 'water', pi: { setpoint: 10, range: [0, 60] } } },
        { name: 'fan', auto: { follow: { output: 'pump', range: [40, 100] } } },
      ]);
      const duties = async () => [await it.value('pump_duty'), await it.value('fan_duty')];
      await until('both at full', async () => (await duties()).every((d) => d === 100));
      await until('the page to tell the demand', async () => Number(await demand(page)) > 90);

      // Only the fan by keyboard, so that the pump alone is left to work first.
      const begin = page.locator('[data-handle="fan 0"]');
      await begin.focus();
      await page.keyboard.press('Shift+ArrowRight');
      expect(await begin.getAttribute('aria-valuetext')).toBe('50%');
      await page.locator('[data-shared="own"]').waitFor();
      // And by mouse, to the left end.
      const handle = page.locator('[data-handle="pump 1"]');
      await handle.scrollIntoViewIfNeeded();
      const box = await handle.locator('.reach').boundingBox();
      if (!box) throw new Error('no handle');
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x - 2000, box.y, { steps: 4 });
      await page.mouse.up();
      expect(await handle.getAttribute('aria-valuetext')).toBe('5%');
      await shared.getByText('Fan', { exact: true }).first().click();
      await page.locator('[data-shared="fan"]').waitFor();

      // And a water that it is colder than: the fan rests, and the pump is at its least.
      await shared.getByRole('spinbutton', { name: 'Setpoint' }).fill('45');
      await shared.getByRole('spinbutton', { name: 'Setpoint' }).press('Enter');
      await save(page);
      await until('the pump at its least', async () => (await duties())[0] === 40);
      await until('the fan at its least', async () => ((await duties())[1] ?? 100) <= 20);

      // Off again: everybody goes back to what there was before.
      await shared.getByRole('checkbox').uncheck();
      await save(page);
      expect((await twinOf(it.server)).desired?.body).toEqual({});
    }));

  const demand = (page: Page) => page.locator('[data-demand]').getAttribute('data-demand');
});
