import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temperatureRange } from '../src/lib/chart/data';
import { launch, openPage } from './browser';
import { drawn, hero, readTable, waitForDrawing, waitForHistory, waitForPhase, windowShown } from './page';
import { type Credential, Server, until } from './server';

/**
 * The author's own twelve hours of water temperature on the whole way: over MQTT
 * with TLS, into the store, out of the API, onto the chart.
 */

const MINUTE = 60_000;
const LIMITS = { warning: 40, critical: 50 };
const BATCH = 60;

interface Point {
  time: number;
  temp: number;
}

/** The trace moved by whole minutes so that its last reading is of this minute. */
function shiftedTrace(): Point[] {
  const lines = readFileSync(join(import.meta.dirname, '../../testdata/article_trace.csv'), 'utf8')
    .trim()
    .split('\n');
  const points = lines.slice(1).map((line) => {
    const [time = '', temp = ''] = line.split(',');
    return { time: Date.parse(`${time.replace(' ', 'T')}Z`), temp: Number(temp) };
  });
  const last = points.at(-1)?.time ?? 0;
  const shift = Math.floor((Date.now() - last) / MINUTE) * MINUTE;
  return points.map((p) => ({ time: p.time + shift, temp: p.temp }));
}

/** The contract's telemetry messages of a trace. */
function telemetry(points: readonly Point[]): string[] {
  const samples = points.map((p, i) => ({ seq: i + 1, ts: p.time, m: { water: p.temp } }));
  const messages: string[] = [];
  for (let i = 0; i < samples.length; i += BATCH) {
    messages.push(JSON.stringify({ boot: '9f3c51d27ab04e66', samples: samples.slice(i, i + BATCH) }));
  }
  return messages;
}

describe("the article's trace", () => {
  let server: Server;
  let browser: Browser;
  let device: Credential;
  let trace: Point[];
  let newest: number;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('serve'), launch()]);
    device = await server.addDevice('esp32');
    trace = shiftedTrace();
    newest = trace.at(-1)?.temp ?? 0;
    await server.publish(device, 'coolant/esp32/telemetry', telemetry(trace));
    await server.publish(device, 'emqx/esp32/telemetry', [JSON.stringify({ temp: newest })]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('is whole', () => {
    expect(trace).toHaveLength(696);
    expect(Math.min(...trace.map((p) => p.temp))).toBe(16.3125);
    expect(Math.max(...trace.map((p) => p.temp))).toBe(21.8125);
  });

  test('/data answers as the backend of the article does', async () => {
    const data = await until('the live reading', async () => {
      const got = await server.json<{ times: string[]; temperatures: number[] }>('data?hours=12');
      return got.times.length === trace.length + 1 && got;
    });
    const text = (t: number) => new Date(t).toISOString().slice(0, 19).replace('T', ' ');
    expect(data.times.slice(0, -1)).toEqual(trace.map((p) => text(p.time)));
    expect(data.temperatures).toEqual([...trace.map((p) => p.temp), newest]);
  });

  test('the API has every sample', async () => {
    const from = (trace[0]?.time ?? 0) - MINUTE;
    const query = `metrics=water&from=${from}&to=${Date.now() + MINUTE}&width=1000`;
    const answer = await server.json<{ step: number; times: number[]; series: { mean: number[] }[] }>(
      `api/v1/devices/esp32/series?${query}`,
    );
    expect(answer.step).toBe(0);
    expect(answer.times.slice(0, -1)).toEqual(trace.map((p) => p.time));
    expect(answer.series[0]?.mean).toEqual([...trace.map((p) => p.temp), newest]);
  });

  test('the chart shows it', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url('temp_chart?range=12h'));
    await waitForPhase(page, 'live');
    await waitForDrawing(page, 'temperatures');
    expect(await hero(page).textContent()).toBe(newest.toFixed(1));

    // Where the line has to be: the axis has the range that the page's own rule gives it.
    const temps = trace.map((p) => p.temp);
    const [low, high] = temperatureRange(Math.min(...temps), Math.max(...temps), LIMITS);
    const { from, to } = await windowShown(page);
    expect(to - from).toBe(12 * 60 * MINUTE);
    const at = trace
      .filter((p) => p.time > from && p.time < to)
      .map((p) => ({ x: (p.time - from) / (to - from), y: (high - p.temp) / (high - low) }));
    expect(at.length).toBeGreaterThan(690);
    const line = await drawn(page, 'temperatures', at);
    const missed = at.filter((_, i) => !line.hits[i]);
    expect(missed).toEqual([]);
    const beside = await drawn(
      page,
      'temperatures',
      at.map((p) => ({ x: p.x, y: p.y > 0.5 ? p.y - 0.3 : p.y + 0.3 })),
    );
    expect(beside.hits.filter(Boolean).length).toBeLessThan(at.length * 0.05);

    if (process.env.SCREENSHOT_DIR) {
      mkdirSync(process.env.SCREENSHOT_DIR, { recursive: true });
      await page.screenshot({ path: join(process.env.SCREENSHOT_DIR, 'article-trace.png') });
    }

    const rows = await readTable(page, 'temperatures');
    expect(rows.slice(0, -1).map((r) => ({ time: r.time, temp: r.values.water }))).toEqual(
      trace.filter((p) => p.time >= from),
    );
    expect(rows.at(-1)?.values.water).toBe(newest);
    expect(offences).toEqual({ console: [], foreign: [] });
    await close();
  });

  test('a live reading moves the page without a request for the history', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url('temp_chart?range=1h'));
    await waitForPhase(page, 'live');
    await waitForDrawing(page, 'temperatures');
    await readTable(page, 'temperatures'); // the table changes the page's height, perhaps its width
    await waitForHistory(page);
    const asked: string[] = [];
    page.on('request', (r) => r.url().includes('/series') && asked.push(r.url()));
    await server.publish(device, 'emqx/esp32/telemetry', ['{"temp":33.5}']);
    await until('the new value', async () => (await hero(page).textContent()) === '33.5');
    const rows = await until('the new row', async () => {
      const now = await readTable(page, 'temperatures');
      return now.at(-1)?.values.water === 33.5 && now;
    });
    expect(rows.length).toBeGreaterThan(1);
    expect(asked).toEqual([]);
    expect(offences).toEqual({ console: [], foreign: [] });
    await close();
  });

  test('a backlog that arrives late fills the chart', async () => {
    const late = await server.addDevice('late');
    const { page, offences, close } = await openPage(browser, server.origin);
    const now = Date.now();
    const sample = (seq: number, minutes: number) => ({
      seq,
      ts: now - minutes * MINUTE,
      m: { water: 20 + seq },
    });
    const send = (samples: unknown[]) =>
      server.publish(late, 'coolant/late/telemetry', [JSON.stringify({ boot: '1', samples })]);
    await send([sample(1, 0)]);
    await page.goto(server.url('devices/late?range=1h'));
    await waitForPhase(page, 'live');
    await until('the first row', async () => (await readTable(page, 'temperatures')).length === 1);
    await send([sample(2, 30), sample(3, 20), sample(4, 10)]);
    await until('the backlog', async () => (await readTable(page, 'temperatures')).length === 4);
    expect((await readTable(page, 'temperatures')).map((r) => r.values.water)).toEqual([22, 23, 24, 21]);
    expect(offences).toEqual({ console: [], foreign: [] });
    await close();
  });

  test('a refused message is seen where it is looked for', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url('diagnostics'));
    await waitForPhase(page, 'live');
    await server.publish(device, 'coolant/esp32/telemetry', ['this is not JSON']);
    const entry = page.locator('[data-code="not_json"]').first();
    await entry.waitFor();
    expect(await entry.textContent()).toContain('this is not JSON');
    expect(await entry.textContent()).toContain('Not JSON');
    expect(offences).toEqual({ console: [], foreign: [] });
    await close();
  });
});
