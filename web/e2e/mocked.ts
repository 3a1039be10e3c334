import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type MockOptions, startMock } from '../dev/mock';
import { findings } from './axe';
import { launch, openPage } from './browser';
import { waitForPhase } from './page';
import { latinWords } from './words';

/** The built page before a stand-in for the server, for states that a real one is in too seldom. */

export const ENGLISH: BrowserContextOptions = {
  locale: 'en-GB',
  colorScheme: 'light',
  reducedMotion: 'reduce',
};
export const CHINESE: BrowserContextOptions = {
  locale: 'zh-CN',
  colorScheme: 'dark',
  reducedMotion: 'reduce',
};

export type Visit = (
  path: string,
  scene: Partial<MockOptions>,
  use: (page: Page) => Promise<void>,
  options?: BrowserContextOptions,
) => Promise<void>;

/** What opens a page of the mock server in a browser of its own, and lets nothing pass that the page should not have done. */
export function openScenes(): Visit {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  return async (path, scene, use, options = ENGLISH) => {
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
  };
}

/** What every state has to keep to. */
export async function wellMade(page: Page, options: BrowserContextOptions): Promise<void> {
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
