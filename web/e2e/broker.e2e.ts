import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { type Account, Mosquitto } from './mosquitto';
import { hero, waitForPhase } from './page';
import { Server, until } from './server';
import { latinWords } from './words';

/** The page while devices come over an outside broker: the real service, and Mosquitto as that broker. */

const SERVICE: Account = { username: 'coolant', password: 'to-the-broker' };
const DEVICE: Account = { username: 'my-loop', password: 'of-the-device' };

const settings = (url: string, changes: Record<string, string> = {}) => ({
  COOLANT_BROKER: 'remote',
  COOLANT_REMOTE_URL: url,
  COOLANT_REMOTE_USERNAME: SERVICE.username,
  COOLANT_REMOTE_PASSWORD: SERVICE.password,
  ...changes,
});

const telemetry = (seq: number, water: number) =>
  JSON.stringify({ boot: '9f3c51d27ab04e66', samples: [{ seq, ts: Date.now(), m: { water } }] });

describe('an outside broker', () => {
  let house: Server; // its certificate is what Mosquitto shows
  let broker: Mosquitto;
  let server: Server;
  let browser: Browser;

  const lost = (page: Page) => page.locator('[data-banner="broker"]');
  /** Waits until those who do not see the page are told. */
  const said = (page: Page, text: string) =>
    page.getByRole('status').filter({ hasText: text }).waitFor({ state: 'attached' });
  const card = (page: Page, state: string) => page.locator(`[data-broker="${state}"]`);

  beforeAll(async () => {
    [house, browser] = await Promise.all([Server.start('serve'), launch()]);
    const tls = (name: string) => join(house.dir, 'tls', name);
    const certificate = { cert: tls('server.crt'), key: tls('server.key'), ca: tls('ca.crt') };
    broker = await Mosquitto.start([SERVICE, DEVICE], certificate);
    server = await Server.start(
      'serve',
      [],
      settings(broker.url, { COOLANT_REMOTE_CA_FILE: certificate.ca }),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await broker?.stop();
    await house?.stop();
  });

  async function open(
    path: string,
    use: (page: Page) => Promise<void>,
    options?: BrowserContextOptions,
    origin = server,
  ): Promise<void> {
    const { page, offences, close } = await openPage(browser, origin.origin, options);
    try {
      await page.goto(origin.url(path));
      await waitForPhase(page, 'live');
      await use(page);
      expect(offences).toEqual({ console: [], foreign: [] });
    } finally {
      await close();
    }
  }

  test('is described where people look for it', () =>
    open('diagnostics', async (page) => {
      await card(page, 'connected').waitFor();
      const words = (await card(page, 'connected').textContent()) ?? '';
      for (const part of [broker.url, 'Connected', SERVICE.username, 'MQTT 5', 'Coolant', 'Not proven'])
        expect(words).toContain(part);
      expect(words).toContain('coolant broker check --device');
      expect(words).not.toContain(SERVICE.password);
      expect(await card(page, 'connected').locator('[data-expiry]').textContent()).toMatch(/in \d+ days/);
      expect(await findings(page)).toEqual([]);
    }));

  test('is missed when it goes, calmly and with the reason, and its return is told', () =>
    open('', async (page) => {
      await broker.publish(DEVICE, 'coolant/my-loop/telemetry', telemetry(1, 31.25));
      await until('the first value', async () => (await hero(page).textContent()) === '31.3');
      expect(await lost(page).count()).toBe(0);

      await broker.kill();
      await lost(page).waitFor();
      await said(page, 'No readings are arriving.');
      const words = (await lost(page).textContent()) ?? '';
      expect(words).toMatch(/No readings are arriving\..*since \d\d:\d\d:\d\d/s);
      await until('the reason', async () =>
        (await lost(page).textContent())?.includes('Reason: Nothing listens on the broker’s port.'),
      );
      // It is the way from the devices that is lost, not the one to this page.
      await waitForPhase(page, 'live');

      await lost(page).getByRole('link').click();
      const waiting = card(page, 'waiting');
      await waiting.waitFor();
      await waiting.locator('[data-problem="refused"]').waitFor();
      expect(await waiting.textContent()).toContain('Check the port in remote.url');
      // It counts down.
      const left = async () =>
        Number(/Next attempt in (\d+) sec/.exec((await page.getByRole('timer').textContent()) ?? '')?.[1]);
      const seen = new Set<number>();
      await until('the countdown', async () => {
        const now = await left();
        if (!Number.isNaN(now)) seen.add(now);
        return seen.size > 2;
      });
      await until('failures to be counted', async () =>
        /\d+ attempts failed/.test((await page.getByRole('timer').textContent()) ?? ''),
      );

      await page.goBack();
      await lost(page).waitFor();
      await broker.again();
      await lost(page).waitFor({ state: 'detached' });
      await said(page, 'The outside broker is connected again.');
      await broker.publish(DEVICE, 'coolant/my-loop/telemetry', telemetry(2, 33.5));
      await until('a new value', async () => (await hero(page).textContent()) === '33.5');
    }));

  test('that keeps devices apart or not is proven by the command that the page names', () =>
    open('diagnostics', async (page) => {
      const separation = (state: string) => page.locator(`[data-separation="${state}"]`);
      await separation('unproven').waitFor();
      const command = (await separation('unproven').locator('code').textContent()) ?? '';
      const [program, ...args] = command.split(' ');
      expect([program, ...args.slice(0, 4)]).toEqual([
        'coolant',
        'broker',
        'check',
        '--device',
        DEVICE.username,
      ]);

      const first = await server.perform(args, `${DEVICE.password}\n`);
      expect(first.output).toContain('FAILED');
      expect(first.code).not.toBe(0);
      await separation('broken').waitFor();
      await page.getByRole('link', { name: 'Overview' }).click();
      const alarm = page.getByRole('alert').locator('[data-banner="separation"]');
      await alarm.waitFor();
      expect(await alarm.textContent()).toContain('does not keep devices apart');
      await alarm.getByRole('link').click();

      await broker.kill();
      broker.allow([`user ${SERVICE.username}`, 'topic readwrite #', 'pattern readwrite coolant/%u/#']);
      await card(page, 'waiting').waitFor();
      await broker.again();
      await card(page, 'connected').waitFor();
      const second = await server.perform(args, `${DEVICE.password}\n`);
      expect([second.code, second.output]).toEqual([0, expect.not.stringContaining('FAILED')]);
      await separation('proven').waitFor();
      expect(await separation('proven').locator('code').count()).toBe(0);
      await page.goto(server.url());
      await page.locator('[data-device]').first().waitFor();
      expect(await page.locator('[data-banner]').count()).toBe(0);
    }));

  test('that takes no such password says so in both languages', async () => {
    const ca = join(house.dir, 'tls/ca.crt');
    const wrong = { COOLANT_REMOTE_CA_FILE: ca, COOLANT_REMOTE_PASSWORD: 'not-this' };
    const mistaken = await Server.start('serve', [], settings(broker.url, wrong), 'livez');
    try {
      const problem = (page: Page) => page.locator('[data-problem="bad_credentials"]');
      await open(
        'diagnostics',
        async (page) => {
          await problem(page).waitFor();
          expect(await problem(page).textContent()).toContain('Wrong user name or password');
        },
        {},
        mistaken,
      );
      await open(
        'diagnostics',
        async (page) => {
          await problem(page).waitFor();
          expect(await problem(page).textContent()).toContain('用户名或密码错误');
          expect(await problem(page).locator('[lang="en"]').textContent()).not.toBe('');
          const names = ['http'];
          expect((await latinWords(page)).filter((w) => !names.includes(w))).toEqual([]);
        },
        { locale: 'zh-CN' },
        mistaken,
      );
    } finally {
      await mistaken.stop();
    }
  });

  test('whose certificate nobody here knows is named as that', async () => {
    const stranger = await Server.start('serve', [], settings(broker.url), 'livez');
    try {
      await open(
        '',
        async (page) => {
          await lost(page).waitFor();
          await until('the reason', async () =>
            (await lost(page).textContent())?.includes('certificate is from an authority nobody here knows'),
          );
          await lost(page).getByRole('link').click();
          await page.locator('[data-problem="unknown_ca"]').waitFor();
          expect(await page.locator('[data-problem="unknown_ca"]').textContent()).toContain('remote.ca_file');
        },
        {},
        stranger,
      );
    } finally {
      await stranger.stop();
    }
  });
});
