import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launch, openPage } from './browser';
import { control, putTwin, twinOf, waitForTwin } from './control';
import { waitForPhase } from './page';
import { Server, until } from './server';

interface DeviceView {
  newest: { metric: string; value: number | null; time: number }[];
}

/** A demo with its panel open, for the tests of one describe. */
export function openDemo(args: string[], env: Record<string, string> = {}) {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('demo', args, env), launch()]);
    await until('a report', async () => (await twinOf(server)).state);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  return {
    get server() {
      return server;
    },
    visit: async (use: (page: Page) => Promise<void>, options?: BrowserContextOptions): Promise<void> => {
      const { page, offences, close } = await openPage(browser, server.origin, options);
      try {
        await page.goto(server.url('devices/demo'));
        await waitForPhase(page, 'live');
        await control(page).waitFor();
        await use(page);
        expect(offences.foreign).toEqual([]);
        expect(offences.console).toEqual([]);
      } finally {
        await close();
      }
    },
    value: async (metric: string): Promise<number> => {
      const { newest } = await server.json<DeviceView>('api/v1/devices/demo');
      return newest.find((r) => r.metric === metric)?.value ?? Number.NaN;
    },
  };
}

export type Demo = ReturnType<typeof openDemo>;

/** A zone where it is one o'clock at night: the host sleeps for hours, and its heat does not change. */
export function night(): string {
  const ahead = (1 - new Date().getUTCHours() + 24) % 24;
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`;
}

/** By how much the water of a demo is warmer than the air, in K. */
export async function over(demo: Demo): Promise<number> {
  return (await demo.value('water')) - (await demo.value('ambient'));
}

/** A fan that runs at one duty, whatever the water does, and a water that has come to rest with it. Returns the version. */
export async function atRest(demo: Demo, page: Page, duty: number): Promise<number> {
  const points = [[15, 30], duty === 30 ? [45, 30] : [15.1, duty]];
  const version = await putTwin(demo.server, {
    interval_ms: 1000,
    outputs: [{ name: 'fan', auto: { input: 'water', curve: { points } } }],
  });
  await waitForTwin(page, 'applied', version);
  await until('the fan to run as it is told', async () => (await demo.value('fan_duty')) === duty);
  let [last, still] = [await over(demo), 0];
  await until('the water to settle', async () => {
    await new Promise((done) => setTimeout(done, 1000));
    const now = await over(demo);
    still = Math.abs(now - last) < 0.07 ? still + 1 : 0;
    last = now;
    return still >= 4;
  });
  return version;
}
