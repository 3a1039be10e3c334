import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findings } from './axe';
import { launch, type Offences, openPage, PHONE } from './browser';
import { hero, panel, readTable, waitForDrawing, waitForPhase, windowShown } from './page';
import { Server, until } from './server';
import { latinWords } from './words';

const HOUR = 3_600_000;
const MISSING = 'no/such/page';
const PAGES = ['', 'devices/demo', 'temp_chart', 'diagnostics', 'settings', 'devices/nobody', MISSING];

interface DeviceView {
  health: string;
  last_seen: number;
  newest: { metric: string; value: number | null }[];
}

describe('the demo', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('demo'), launch()]);
    await until(
      '24 hours of history',
      async () => {
        const [from, to] = [Date.now() - 24 * HOUR, Date.now()];
        const query = `metrics=water&from=${from}&to=${to}&width=500`;
        const { times } = await server.json<{ times: number[] }>(`api/v1/devices/demo/series?${query}`);
        return (times[0] ?? to) < from + 0.2 * HOUR && (times.at(-1) ?? 0) > to - 0.1 * HOUR;
      },
      120_000,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Opens a page of the demo, hands it over, and lets nothing pass that it should not have done. */
  async function visit(
    path: string,
    use: (page: Page, offences: Offences) => Promise<void>,
    options?: BrowserContextOptions,
  ): Promise<void> {
    const { page, offences, close } = await openPage(browser, server.origin, options);
    try {
      await page.goto(server.url(path));
      await waitForPhase(page, 'live');
      await use(page, offences);
      // A path that is no page answers 404, which the browser reports.
      const answered = (m: string) => path === MISSING && m.includes('status of 404');
      expect(offences.foreign).toEqual([]);
      expect(offences.console.filter((m) => !answered(m))).toEqual([]);
    } finally {
      await close();
    }
  }

  /** Waits until a page shows what it is for. */
  async function settled(page: Page, path: string): Promise<void> {
    if (path.includes('demo') || path === 'temp_chart') {
      await waitForDrawing(page, 'temperatures');
      await page.locator('[data-physics][aria-busy="false"]').waitFor();
    }
    if (path === '') await page.locator('[data-device] figure svg').first().waitFor();
    if (path === 'diagnostics') await page.locator('dl').waitFor();
    await page.locator('h1').first().waitFor({ state: 'attached' });
  }

  test('the overview shows a live tile', () =>
    visit('', async (page) => {
      const tile = page.locator('[data-device="demo"]');
      await tile.locator('[data-health="ok"]').waitFor();
      const shown = async () => Number(await hero(page).textContent());
      const known = async () => {
        const device = await server.json<DeviceView>('api/v1/devices/demo');
        return device.newest.find((r) => r.metric === 'water')?.value ?? Number.NaN;
      };
      await until(
        'the tile to show what the API says',
        async () => Math.abs((await shown()) - (await known())) <= 0.06,
      );
      for (const word of ['ΔT', 'Pump', 'Fan', 'Flow']) expect(await tile.textContent()).toContain(word);
      expect(await page.title()).toMatch(/^\d+\.\d °C · OK · .+ · Coolant$/);
      // It lives: the age of the last sample begins anew with each one.
      const age = () => tile.locator('.age').textContent();
      const ages = new Set<string | null>();
      await until('a new sample', async () => {
        ages.add(await age());
        return ages.size > 2;
      });
      await page.locator('footer').getByRole('link', { name: 'Temperature chart' }).click();
      await waitForDrawing(page, 'temperatures');
      expect(page.url()).toBe(server.url('temp_chart'));
    }));

  test('the chart of 24 hours is full', () =>
    visit('devices/demo?range=24h', async (page) => {
      for (const name of ['temperatures', 'duties', 'speeds']) await waitForDrawing(page, name);
      const rows = (await readTable(page, 'temperatures')).filter((r) => r.values.water !== undefined);
      const [first, last] = [rows[0]?.time ?? 0, rows.at(-1)?.time ?? 0];
      expect(last - first).toBeGreaterThan(23.5 * HOUR);
      const widest = Math.max(...rows.slice(1).map((r, i) => r.time - (rows[i]?.time ?? 0)));
      expect(widest).toBeLessThan(0.5 * HOUR);
      for (const row of rows) {
        expect(row.values.water).toBeGreaterThan(5);
        expect(row.values.water).toBeLessThan(60);
      }
    }));

  test('zoom and pan are in the address, and come back', () =>
    visit('devices/demo?range=24h', async (page) => {
      await waitForDrawing(page, 'temperatures');
      const plot = async () => {
        const box = await panel(page, 'temperatures').locator('.u-over').boundingBox();
        if (!box) throw new Error('no plot');
        return { ...box, y: box.y + box.height / 2 };
      };
      const drag = async (from: number, to: number) => {
        const { y, ...box } = await plot();
        await page.mouse.move(box.x + box.width * from, y);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * ((from + to) / 2), y);
        await page.mouse.move(box.x + box.width * to, y);
        await page.mouse.up();
      };
      const start = await windowShown(page);
      await drag(0.25, 0.75);
      await until('the zoom in the address', () => new URL(page.url()).searchParams.has('from'));
      const zoomed = await windowShown(page);
      expect((zoomed.to - zoomed.from) / (start.to - start.from)).toBeCloseTo(0.5, 1);
      expect(zoomed.from).toBeGreaterThan(start.from);

      await page.reload();
      await waitForDrawing(page, 'temperatures');
      expect(await windowShown(page)).toEqual(zoomed);

      await page.keyboard.down('Shift');
      await drag(0.3, 0.5);
      await page.keyboard.up('Shift');
      const panned = await until('the pan', async () => {
        const w = await windowShown(page);
        return w.from !== zoomed.from && w;
      });
      expect(panned.to - panned.from).toBe(zoomed.to - zoomed.from);
      expect(panned.from).toBeLessThan(zoomed.from);

      await panel(page, 'temperatures').locator('.plot').focus();
      await page.keyboard.press('+');
      await until('the zoom by key', async () => {
        const w = await windowShown(page);
        return w.to - w.from < panned.to - panned.from;
      });
      const { x, y, width } = await plot();
      await page.mouse.dblclick(x + width / 2, y);
      await page.locator('[data-following="true"]').waitFor();
      expect(new URL(page.url()).searchParams.get('from')).toBeNull();
    }));

  test('all panels show one time, and every series is read there', () =>
    visit('devices/demo?range=12h', async (page) => {
      for (const name of ['temperatures', 'duties', 'speeds']) await waitForDrawing(page, name);
      const plots = await Promise.all(
        ['temperatures', 'duties', 'speeds'].map((n) => panel(page, n).locator('.u-over').boundingBox()),
      );
      expect(new Set(plots.map((b) => `${b?.x} ${b?.width}`)).size).toBe(1);
      const box = plots[0];
      if (!box) throw new Error('no plot');
      const values = () => page.locator('.legend .value').allTextContents();
      await page.mouse.move(box.x + box.width * 0.2, box.y + 50);
      await page.locator('.when .pointed').waitFor();
      const early = await values();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 50);
      await until('other values', async () => (await values()).join() !== early.join());
      await until('one line through all panels', async () => {
        const lines = await page
          .locator('.u-cursor-x')
          .evaluateAll((all) => all.map((e) => e.getBoundingClientRect().x));
        const right = lines.every((x) => x > box.x + box.width * 0.5);
        return lines.length === 3 && right && Math.max(...lines) - Math.min(...lines) < 1.5;
      });
      for (const value of await values()) expect(value).toMatch(/\d/);
    }));

  test('CSV and PNG are what is seen', () =>
    visit('devices/demo?range=1h', async (page) => {
      await waitForDrawing(page, 'temperatures');
      await page.locator('[data-metric="fan_duty"]').click(); // hidden: not wanted
      const href = await until('the link without the hidden series', async () => {
        const link = (await page.locator('[data-csv]').getAttribute('href')) ?? '';
        return !link.includes('fan_duty') && link;
      });
      const csv = await fetch(href);
      expect(csv.headers.get('content-type')).toContain('text/csv');
      const lines = (await csv.text()).trim().split(/\r\n/);
      expect(lines[0]).toMatch(/^time,.*water/);
      expect(lines[0]).not.toContain('fan_duty');
      expect(lines.length).toBeGreaterThan(50);
      expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,/);

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as PNG' }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^demo-\d+\.png$/);
      expect(
        readFileSync(await download.path())
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
    }));

  test('the physics of the loop are those of the API', () =>
    visit('devices/demo', async (page) => {
      const heat = page.locator('[data-figure="heat"][data-known="true"]');
      await heat.waitFor();
      for (const name of ['difference', 'rise'])
        await page.locator(`[data-figure="${name}"][data-known="true"]`).waitFor();
      // Its probes are as they came: some 50 to 90 W of doubt, by the flow, and the way to less.
      await page.locator('[data-unzeroed]').getByRole('link').waitFor();
      const [, shown, band] = /(-?\d+)\s+W\s+± (\d+) W/.exec(await heat.innerText()) ?? [];
      expect(Number(band)).toBeGreaterThan(40);
      interface Answer {
        heat: { value: number; error: number };
      }
      const { heat: known } = await server.json<Answer>('api/v1/devices/demo/physics');
      expect(Math.abs(Number(shown) - known.value)).toBeLessThan(known.error);
    }));

  test('language, theme, units and range survive a reload', () =>
    visit('settings', async (page) => {
      await page.getByRole('radio', { name: '简体中文' }).check();
      await page.getByRole('radio', { name: '深色' }).check();
      await page.getByRole('radio', { name: '华氏度' }).check();
      await page.goto(server.url('devices/demo'));
      await page.locator('[data-range="7d"]').click();
      await page.goto(server.url('devices/demo'));
      await page.reload();
      await waitForDrawing(page, 'temperatures');
      expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      expect(await page.locator('[data-range="7d"]').getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('[data-hero]').first().textContent()).toContain('°F');
      expect(Number(await hero(page).textContent())).toBeGreaterThan(50);
      expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe('dark');
    }));

  test.each(PAGES)('/%s in Chinese has no English left over', (path) =>
    visit(
      path,
      async (page) => {
        await settled(page, path);
        const names = ['demo', 'nobody', 'http', 'mqtts', 'mqtt', 'dev'];
        expect((await latinWords(page)).filter((w) => !names.includes(w))).toEqual([]);
        expect(await page.title()).toMatch(/\p{Script=Han}|^Coolant$/u);
      },
      { locale: 'zh-CN' },
    ),
  );

  describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
    test.each(PAGES)('/%s is accessible', (path) =>
      visit(
        path,
        async (page) => {
          await settled(page, path);
          expect(await findings(page)).toEqual([]);
          if (!path.includes('demo')) return;
          // A short range: the table of a day has thousands of cells, each of them the same.
          await page.locator('[data-range="1h"]').click();
          await waitForDrawing(page, 'temperatures');
          await panel(page, 'temperatures').locator('header button').click();
          await panel(page, 'temperatures').locator('table').waitFor();
          expect(await findings(page)).toEqual([]);
        },
        { colorScheme, reducedMotion: 'reduce' },
      ),
    );
  });

  test.each(PAGES.flatMap((path) => [[path, 'en-GB'] as const, [path, 'zh-CN'] as const]))(
    '/%s fits a phone in %s',
    (path, locale) =>
      visit(
        path,
        async (page) => {
          await settled(page, path);
          const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          expect(wide).toBeLessThanOrEqual(room ?? 0);
          if (path !== '') return;
          // The overview of one device fits without scrolling, and so do the links at its end.
          const bar = await page.locator('nav').boundingBox();
          for (const part of ['[data-device="demo"]', 'footer a:last-child']) {
            const box = await page.locator(part).boundingBox();
            expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
          }
        },
        { viewport: PHONE, locale, hasTouch: true, isMobile: true },
      ),
  );

  test('two fingers pan and zoom on a phone', () =>
    visit(
      'devices/demo?range=12h',
      async (page) => {
        await waitForDrawing(page, 'temperatures');
        const over = panel(page, 'temperatures').locator('.u-over');
        await over.scrollIntoViewIfNeeded();
        const box = await over.boundingBox();
        if (!box) throw new Error('no plot');
        const touch = await page.context().newCDPSession(page);
        const y = box.y + box.height / 2;
        const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: number[]) =>
          touch.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: xs.map((x, id) => ({ x: box.x + x, y, id })),
          });
        const before = await windowShown(page);
        await fingers('touchStart', 100, 160);
        for (let i = 1; i <= 10; i++) await fingers('touchMove', 100 + i * 6, 160 + i * 6);
        await fingers('touchEnd');
        const panned = await until('the pan', async () => {
          const w = await windowShown(page);
          return w.to < before.to - HOUR && w;
        });
        await fingers('touchStart', 120, 160);
        for (let i = 1; i <= 10; i++) await fingers('touchMove', 120 - i * 6, 160 + i * 6);
        await fingers('touchEnd');
        await until('the zoom', async () => {
          const w = await windowShown(page);
          return w.to - w.from < (panned.to - panned.from) / 2;
        });
      },
      { viewport: PHONE, hasTouch: true, isMobile: true },
    ));
});
