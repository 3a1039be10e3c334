import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { BROKER_SCENES } from '../dev/broker';
import { PHONE } from './browser';
import { CHINESE, ENGLISH, openScenes, wellMade } from './mocked';

/** Every state of an outside broker, of its allowance, and of a visitor. */

const ENGLISH_DARK: BrowserContextOptions = { ...ENGLISH, colorScheme: 'dark', viewport: PHONE };
const CHINESE_LIGHT: BrowserContextOptions = { ...CHINESE, colorScheme: 'light', viewport: PHONE };

const visit = openScenes();

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
