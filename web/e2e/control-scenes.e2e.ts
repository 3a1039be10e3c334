import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { PHYSICS_SCENES } from '../dev/physics';
import { TWIN_SCENES, type TwinScene } from '../dev/twin';
import { PHONE } from './browser';
import { openLimits } from './control';
import { CHINESE, ENGLISH, openScenes, wellMade } from './mocked';

/** Every state of a twin, of an experiment, and of the physics. */

const visit = openScenes();

/** Two looks each: with them a scene is seen in both languages, both themes, and on desktop and phone. */
const LOOKS: BrowserContextOptions[][] = [
  [ENGLISH, { ...CHINESE, viewport: PHONE }],
  [
    { ...ENGLISH, colorScheme: 'dark', viewport: PHONE },
    { ...CHINESE, colorScheme: 'light' },
  ],
];
const looked = <T>(scenes: readonly T[]) =>
  scenes.flatMap((scene, i) =>
    (LOOKS[i % LOOKS.length] ?? []).map(
      (options) => [scene, `${options.locale}, ${options.colorScheme}`, options] as const,
    ),
  );

/** What is seen where the page has understood a state. */
const SIGNS: Record<TwinScene, string> = {
  applied: '[data-twin="applied"]',
  applying: '[data-twin="applying"]',
  refused: '[data-twin="refused"]',
  alarms: '[data-alarm="fan_stall"]',
  shared: '[data-probes][open]', // a probe stands in for another one
  tuning: '[data-output="fan"] [data-tune="running"]',
  tuned: '[data-output="fan"] [data-tune="done"]',
  untuned: '[data-output="fan"] [data-ended="uneven"]',
  dry: '[data-experiment="run"]',
};

test.each(looked(TWIN_SCENES))('a twin: %s in %s', (twin, _, options) =>
  visit(
    'devices/my-loop',
    { twin },
    async (page) => {
      await page.locator('[data-control]').waitFor();
      await page.locator(SIGNS[twin]).waitFor();
      if (twin === 'shared') await page.locator('[data-bars]').waitFor();
      await wellMade(page, options);
    },
    options,
  ),
);

describe('the physics of a device', () => {
  const scenes = [...PHYSICS_SCENES, 'one probe' as const];
  test.each(looked(scenes))('%s in %s', (scene, _, options) => {
    const physics = scene === 'one probe' ? undefined : scene;
    return visit(
      physics ? 'devices/my-loop' : 'devices/esp32',
      physics ? { physics, twin: 'applied' } : { devices: ['esp32'] },
      async (page) => {
        await page.locator('[data-physics][aria-busy="false"]').waitFor();
        if (physics) await page.locator('[data-control]').waitFor();
        else await page.locator('[data-more]').waitFor();
        await wellMade(page, options);
      },
      options,
    );
  });

  const figure = async (page: Page, name: string) =>
    (await page.locator(`[data-figure="${name}"]`).innerText()).replace(/\s+/g, ' ');

  test('figures have their bands, the radiator its trend, and the loop its time', () =>
    visit('devices/my-loop', { physics: 'clogging', twin: 'applied' }, async (page) => {
      await page.locator('[data-figure="heat"][data-known="true"]').waitFor();
      expect(await figure(page, 'heat')).toMatch(/^Heat carried away 42 W ± 8 W/);
      expect(await figure(page, 'difference')).toMatch(/^Outlet over inlet 0\.46 K ± 0\.08 K/);
      expect(await figure(page, 'resistance')).toMatch(
        /^Water to air 0\.20 K\/W ± 0\.04 K\/W .*Grows by 8\.2% in 30 days \(± 1\.1%\)/,
      );
      expect(await page.locator('[data-trend="rising"] svg').count()).toBe(1);
      expect(await figure(page, 'settling')).toContain('too even to tell');
      expect(await page.locator('[data-unzeroed]').count()).toBe(0);
    }));

  test('without zeroed probes it says what to do, and leads there', () =>
    visit('devices/my-loop', { physics: 'unzeroed', twin: 'applied' }, async (page) => {
      const hint = page.locator('[data-unzeroed]');
      await hint.waitFor();
      expect(await figure(page, 'heat')).toMatch(/30 W ± 74 W/);
      expect(await figure(page, 'resistance')).toContain('not well above its own error');
      await page.locator('[data-control]').waitFor();
      await hint.getByRole('link', { name: 'Zero the probes' }).click();
      // The device is still the one that is looked at.
      await page.waitForFunction(() => location.hash === '#zero-probes');
      expect(new URL(page.url()).pathname).toBe('/devices/my-loop');
      await hint.waitFor();
    }));

  test('a visitor sees the figures, and no way to what is not shown', () =>
    visit('devices/my-loop', { physics: 'unzeroed', visitor: true }, async (page) => {
      await page.locator('[data-unzeroed]').waitFor();
      expect(await page.locator('[data-unzeroed] a').count()).toBe(0);
    }));

  test('a chiller is told what holds it, and a device with one probe what to add', async () => {
    await visit('devices/my-loop', { physics: 'chiller', twin: 'applied' }, async (page) => {
      await page.locator('[data-figure="dew"]').waitFor();
      expect(await figure(page, 'dew')).toMatch(/^Dew point 15\.8 °C ± 1\.1 °C .*aims at 17\.8 °C or warmer/);
      expect(await page.locator('[data-chiller="chiller"]').innerText()).toContain('may run');
      expect(await page.locator('[data-chiller="chiller2"]').innerText()).toContain('not above 17.8 °C');
    });
    await visit('devices/esp32', { devices: ['esp32'] }, async (page) => {
      const more = page.locator('[data-more]');
      await more.waitFor();
      expect(await more.locator('li').count()).toBe(3);
      expect(await page.locator('[data-figure], [data-unzeroed]').count()).toBe(0);
    });
  });

  test('nothing moves when the figures come', () =>
    visit('devices/my-loop', { physics: 'zeroed', twin: 'applied' }, async (page) => {
      // Held back until the card is there and measured.
      const url = '**/api/v1/devices/my-loop/physics';
      let go = () => {};
      const held = new Promise<void>((done) => {
        go = done;
      });
      await page.route(url, async (route) => {
        await held;
        await route.continue();
      });
      await page.reload();
      await page.locator('[data-physics][aria-busy="true"] [data-figure="heat"]').waitFor();
      await page.locator('[data-control]').waitFor();
      const places = () =>
        Promise.all(
          ['[data-figure="heat"]', '[data-figure="settling"]', '[data-control]'].map(
            async (part) => (await page.locator(part).boundingBox())?.y ?? 0,
          ),
        );
      const before = await places();
      go();
      await page.locator('[data-figure="heat"][data-known="true"]').waitFor();
      expect(await places()).toEqual(before);
      await page.unroute(url);
    }));
});

describe('the twin of a device', () => {
  test('what is asked for and not confirmed is marked, and no more', () =>
    visit('devices/my-loop', { twin: 'refused' }, async (page) => {
      await page.locator('[data-twin="refused"]').getByText('GPIO 34 is input only').waitFor();
      await page.locator('[data-output="fan"]').getByText('refused, not running').waitFor();
      await page.locator('[data-output="fan"]').getByText('not supervised').waitFor();
    }));

  test('a metered broker is told what an interval costs, and a minute is one click away', () =>
    visit('devices/my-loop', { twin: 'applied', broker: 'connected', quota: 'ok' }, async (page) => {
      const device = page.locator('[data-device-settings]');
      await device
        .getByText(/About [\d.]+ MB of traffic a month, \d+% of the broker’s allowance\./)
        .waitFor();
      await device.getByRole('button', { name: 'Use 1 min' }).click();
      expect(await device.getByLabel('Sends a sample every').inputValue()).toBe('60000');
      await device.getByText(/About 2\d(\.\d)? MB of traffic a month, 3%/).waitFor();
      expect(await device.getByRole('button', { name: 'Use 1 min' }).count()).toBe(0);
    }));

  test('without a meter nothing is said of costs', () =>
    visit('devices/my-loop', { twin: 'applied' }, async (page) => {
      const device = page.locator('[data-device-settings]');
      await device.getByText('a sample every 10 s · all at full from 48.0 °C on').waitFor();
      expect(await device.getAttribute('open')).toBeNull();
      await openLimits(page);
      await device.getByText('In effect: 10 s.').waitFor();
      expect(await device.textContent()).not.toContain('traffic');
    }));
});
