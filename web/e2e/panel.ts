import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launch, openPage } from './browser';
import { control, twinOf } from './control';
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
