import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKER_SCENES } from '../dev/broker';
import { type MockOptions, startMock } from '../dev/mock';
import { PHYSICS_SCENES } from '../dev/physics';
import { TWIN_SCENES } from '../dev/twin';
import { findings } from './axe';
import { launch, openPage, PHONE } from './browser';
import { waitForPhase } from './page';
import { latinWords } from './words';

/**
 * Every state of an outside broker, of its allowance, of a visitor and of a twin, on the built
 * page before a stand-in for the server: a real broker is in most of them too seldom.
 */

const ENGLISH: BrowserContextOptions = { locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce' };
const CHINESE: BrowserContextOptions = { locale: 'zh-CN', colorScheme: 'dark', reducedMotion: 'reduce' };
const ENGLISH_DARK: BrowserContextOptions = { ...ENGLISH, colorScheme: 'dark', viewport: PHONE };
const CHINESE_LIGHT: BrowserContextOptions = { ...CHINESE, colorScheme: 'light', viewport: PHONE };

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

/** Opens a page of the mock server, and lets nothing pass that it should not have done. */
async function visit(
  path: string,
  scene: Partial<MockOptions>,
  use: (page: Page) => Promise<void>,
  options: BrowserContextOptions = ENGLISH,
): Promise<void> {
  const mock = await startMock({ devices: ['my-loop', 'attic'], base: '/', port: 0, ...scene });
  const { page, offences, close } = await openPage(browser, mock.origin, options);
  try {
    await page.goto(`${mock.origin}/${path}`);
    await waitForPhase(page, 'live');
    await use(page);
    expect(offences.foreign).toEqual([]);
    // What is not for a visitor is answered with 403, which the browser reports.
    const refused = (m: string) => scene.visitor === true && m.includes('status of 403');
    expect(offences.console.filter((m) => !refused(m))).toEqual([]);
  } finally {
    await close();
    await mock.close();
  }
}

/** What every state has to keep to. */
async function wellMade(page: Page, options: BrowserContextOptions): Promise<void> {
  expect(await findings(page)).toEqual([]);
  const [wide = 0, room = 0] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(wide).toBeLessThanOrEqual(room);
  if (options.locale !== 'zh-CN') return;
  // Names of devices and listeners, the broker's product, and what has no name in Chinese.
  const names = [
    'my',
    'loop',
    'My',
    'attic',
    'http',
    'mqtts',
    'mqtt',
    'mock',
    'esp',
    'EMQX',
    'Cloud',
    'Serverless',
  ];
  expect((await latinWords(page)).filter((w) => !names.includes(w))).toEqual([]);
}

const looks = [ENGLISH, CHINESE, ENGLISH_DARK, CHINESE_LIGHT].map(
  (options) => [`${options.locale}, ${options.colorScheme}`, options] as const,
);

describe.each(looks)('%s', (_, options) => {
  test.each(BROKER_SCENES)('diagnostics of a broker: %s', (broker) =>
    visit(
      'diagnostics',
      { broker, quota: 'warning' },
      async (page) => {
        await page.locator('[data-broker]').waitFor();
        await page.locator('[data-quota="warning"]').waitFor();
        await page.locator('[data-rejections]').waitFor();
        await wellMade(page, options);
      },
      options,
    ),
  );

  test.each(['waiting', 'broken', 'stranger'] as const)('overview of a broker: %s', (broker) =>
    visit(
      '',
      { broker, quota: 'over' },
      async (page) => {
        await page.locator(`[data-banner="${broker === 'broken' ? 'separation' : 'broker'}"]`).waitFor();
        await page.locator('[data-banner="quota"]').waitFor();
        await page.locator('[data-device] figure').first().waitFor();
        await wellMade(page, options);
      },
      options,
    ),
  );

  test.each(TWIN_SCENES)('a twin: %s', (twin) =>
    visit(
      'devices/my-loop',
      { twin },
      async (page) => {
        await page.locator('[data-control]').waitFor();
        if (twin === 'alarms') await page.locator('[data-alarm="fan_stall"]').waitFor();
        else if (twin === 'shared') {
          await page.locator('[data-bars]').waitFor();
          await page.locator('[data-probes][open]').waitFor(); // a probe stands in for another one
        } else await page.locator(`[data-twin="${twin}"]`).waitFor();
        await wellMade(page, options);
      },
      options,
    ),
  );

  test.each(['', 'diagnostics'])('a visitor at /%s', (path) =>
    visit(
      path,
      { visitor: true },
      async (page) => {
        await page
          .locator(path === '' ? '[data-device] figure' : '[data-public]')
          .first()
          .waitFor();
        await page.locator('footer a[href$="/diagnostics"]').waitFor();
        await wellMade(page, options);
      },
      options,
    ),
  );
});

describe('the way from the devices', () => {
  test('a banner is calm where the broker is away, and loud where devices are not kept apart', async () => {
    await visit('devices/my-loop', { broker: 'waiting' }, async (page) => {
      const banner = page.locator('[data-banner="broker"]');
      await banner.waitFor();
      expect(await banner.textContent()).toMatch(
        /No readings are arriving.*Reason: Wrong user name or password\./s,
      );
      // The device's own words do not send anybody to look for its power supply.
      expect(await page.locator('.about').first().textContent()).toContain(
        'the outside broker is not connected',
      );
    });
    await visit('', { broker: 'broken' }, async (page) => {
      const banner = page.getByRole('alert').locator('[data-banner="separation"]');
      await banner.waitFor();
      await banner.getByRole('link').click();
      await page.locator('[data-separation="broken"]').waitFor();
    });
  });

  test.each(['connected', 'unproven', 'warnings'] as const)('no banner where it works: %s', (broker) =>
    visit('', { broker, quota: 'ok' }, async (page) => {
      await page.locator('[data-quota="ok"]').waitFor();
      expect(await page.locator('[data-banner]').count()).toBe(0);
    }),
  );

  test('a code without words is told in the server’s', () =>
    visit(
      'diagnostics',
      { broker: 'stranger' },
      async (page) => {
        const problem = page.locator('[data-problem="sea_monster"]');
        await problem.waitFor();
        expect(await problem.locator('[lang="en"]').allTextContents()).toEqual([
          'the cable was bitten through off the coast',
          'send a diver with a new one',
        ]);
      },
      CHINESE,
    ));

  test('a certificate that ends soon is marked, and the one that ends is named', () =>
    visit('diagnostics', { broker: 'warnings' }, async (page) => {
      const life = page.locator('[data-expiry="soon"]');
      await life.waitFor();
      expect(await life.textContent()).toMatch(/in 1\d days.*Example TLS RSA CA G1/s);
      const shown = await page
        .locator('[data-problem]')
        .evaluateAll((all) => all.map((e) => (e as HTMLElement).dataset.problem));
      // What has a place of its own is not said twice.
      expect(shown).toEqual(['certificate_expires', 'old_protocol', 'session_lost', 'short_session']);
    }));

  test('an embedded broker alone is not mentioned', () =>
    visit('diagnostics', {}, async (page) => {
      await page.locator('dl').waitFor();
      expect(await page.locator('[data-broker], [data-quota]').count()).toBe(0);
    }));
});

describe('the allowance', () => {
  test.each([
    { quota: 'ok', uses: ['ok', 'ok'], banner: undefined, word: 'Enough' },
    { quota: 'warning', uses: ['warning', 'ok'], banner: 'running short', word: 'Running short' },
    { quota: 'over', uses: ['over', 'warning'], banner: 'is used up', word: 'Used up' },
    { quota: 'unlimited', uses: ['unlimited', 'ok'], banner: undefined, word: 'Enough' },
  ] as const)('$quota', ({ quota, uses, banner, word }) =>
    visit('', { broker: 'connected', quota }, async (page) => {
      const tile = page.locator(`[data-quota="${quota === 'unlimited' ? 'ok' : quota}"]`);
      await tile.waitFor();
      const words = (await tile.textContent()) ?? '';
      for (const part of [word, 'Session minutes', 'Traffic', 'by the end of the month', 'estimate'])
        expect(words).toContain(part);
      const found = await tile
        .locator('[data-quota-use]')
        .evaluateAll((all) => all.map((e) => (e as HTMLElement).dataset.quotaUse));
      expect(found).toEqual(uses);
      expect(await tile.getByRole('meter').count()).toBe(uses.filter((u) => u !== 'unlimited').length);
      const banners = await page.locator('[data-banner="quota"]').allTextContents();
      expect(banners).toHaveLength(banner ? 1 : 0);
      if (banner) expect(banners[0]).toContain(banner);
    }),
  );

  test('the bar is as long as the use', () =>
    visit('', { broker: 'connected', quota: 'ok' }, async (page) => {
      const bar = page.getByRole('meter', { name: 'Session minutes' });
      await bar.waitFor();
      const wide = async (part: string) => (await bar.locator(part).boundingBox())?.width ?? 0;
      const all = (await bar.boundingBox())?.width ?? 1;
      expect((await wide('.fill')) / all).toBeCloseTo(0.4123, 2);
      expect((await wide('.ahead')) / all).toBeCloseTo(0.538, 2);
      expect(await bar.getAttribute('aria-valuenow')).toBe('412300');
    }));
});

describe('a visitor', () => {
  test('sees the charts, no entry for what is not shown, and no error', () =>
    visit('', { visitor: true }, async (page) => {
      await page.locator('[data-device="my-loop"] figure svg').waitFor();
      await page.locator('nav a[href$="/diagnostics"]').waitFor({ state: 'detached' });
      expect(await page.locator('footer a[href$="/metrics"]').count()).toBe(0);
      expect(await page.getByRole('alert').filter({ hasText: /\S/ }).count()).toBe(0);
      await page.goto(`${new URL(page.url()).origin}/temp_chart`);
      await page.locator('[data-panel="temperatures"] canvas').waitFor();
      // Known from the last time: the navigation does not change while one looks.
      expect(await page.locator('nav a[href$="/diagnostics"]').count()).toBe(0);
    }));

  test('is told where the rest is', () =>
    visit('', { visitor: true }, async (page) => {
      await page.locator('footer a[href$="/diagnostics"]').click();
      const there = page.locator('[data-public]');
      await there.waitFor();
      const port = new URL(page.url()).port;
      expect(await there.textContent()).toContain(`ssh -L ${port}:127.0.0.1:${port} 127.0.0.1`);
      expect(await page.getByRole('alert').filter({ hasText: /\S/ }).count()).toBe(0);
    }));
});

describe('the physics of a device', () => {
  // Each state in one of the looks.
  const seen = [...PHYSICS_SCENES, 'one probe' as const].map((scene, i) => {
    const [look, options] = looks[i % looks.length] ?? ['', ENGLISH];
    return [scene, look, options] as const;
  });
  test.each(seen)('%s in %s', (scene, _, options) => {
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
      await page.locator('[data-device-settings]').getByText('In effect: 10 s.').waitFor();
      expect(await page.locator('[data-device-settings]').textContent()).not.toContain('traffic');
    }));
});
