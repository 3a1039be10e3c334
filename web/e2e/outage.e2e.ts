import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage } from './browser';
import { waitForPhase } from './page';
import { Server, until } from './server';

describe('when the server goes away', () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([Server.start('demo'), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('the page says so, says since when, and recovers by itself', async () => {
    const { page, offences, close } = await openPage(browser, server.origin);
    await page.goto(server.url());
    await waitForPhase(page, 'live');
    await page.locator('[data-device="demo"] [data-health="ok"]').waitFor();

    // Written down by the page itself: a busy machine may look too late to see every phase.
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      const note = () => {
        const phase = document.querySelector<HTMLElement>('[data-link]')?.dataset.link;
        const banner = document
          .querySelector('.banner')
          ?.textContent?.includes('No connection to the server since');
        seen.push(`${phase}, ${banner ? 'banner' : 'no banner'}, ${document.title}`);
      };
      new MutationObserver(note).observe(document, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    });
    await server.kill();
    const banner = page.getByRole('alert').filter({ hasText: 'No connection to the server since' });
    await banner.waitFor();
    await waitForPhase(page, 'offline');
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
    expect(seen.some((s) => /^reconnecting, banner, .*Reconnecting/.test(s))).toBe(true);
    expect(seen.some((s) => /^offline, banner, .*No connection/.test(s))).toBe(true);
    expect(await page.locator('[data-link]').textContent()).toMatch(/No connection.*since \d\d:\d\d:\d\d/s);
    // The refused connections are the browser's to report; nothing else may be.
    expect(
      offences.console.filter(
        (m) => !m.includes('ERR_CONNECTION_REFUSED') && !m.includes('ERR_INCOMPLETE_CHUNKED_ENCODING'),
      ),
    ).toEqual([]);

    await server.again();
    await waitForPhase(page, 'live');
    await banner.waitFor({ state: 'detached' });
    await until('fresh samples on the page', async () => {
      const { last_seen } = await server.json<{ last_seen: number }>('api/v1/devices/demo');
      const age = (await page.locator('[data-device="demo"] .age').textContent()) ?? '';
      return /\b[0-9] sec ago/.test(age) && Date.now() - last_seen < 60_000;
    });
    expect(offences.foreign).toEqual([]);
    await close();
  });
});
