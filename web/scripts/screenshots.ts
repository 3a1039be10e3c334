import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DESKTOP, launch, openPage, PHONE } from '../e2e/browser';
import { waitForDrawing, waitForPhase } from '../e2e/page';
import { Server, until } from '../e2e/server';

const PAGES: [name: string, path: string][] = [
  ['overview', ''],
  ['device', 'devices/demo-1'],
  ['chart', 'temp_chart?range=12h'],
  ['diagnostics', 'diagnostics'],
  ['settings', 'settings'],
];

/** Takes pictures of every page: both languages, both themes, desktop and phone. */
export async function main([directory = 'screenshots']: string[]): Promise<void> {
  const to = resolve(directory);
  await mkdir(to, { recursive: true });
  const [one, many, none] = await Promise.all([
    Server.start('demo'),
    Server.start('demo', ['--devices', '4', '--fault', 'crc@3s']),
    Server.start('serve'),
  ]);
  const browser = await launch();
  const take = async (server: Server, name: string, path: string) => {
    for (const locale of ['en-GB', 'zh-CN']) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const [kind, viewport] of [['desktop', DESKTOP] as const, ['phone', PHONE] as const]) {
          const { page, close } = await openPage(browser, server.origin, { locale, colorScheme, viewport });
          await page.goto(server.url(path));
          await waitForPhase(page, 'live');
          if (/devices|chart/.test(path)) await waitForDrawing(page, 'temperatures');
          else await page.waitForLoadState('load');
          if (path === '' && server !== none)
            await page.locator('[data-device] figure svg').first().waitFor();
          const file = `${name}-${locale.slice(0, 2)}-${colorScheme}-${kind}.png`;
          await page.screenshot({ path: join(to, file), fullPage: true });
          console.log(file);
          await close();
        }
      }
    }
  };
  try {
    for (const server of [one, many]) {
      await until(
        'history',
        async () => {
          const { devices } = await server.json<{ devices: { id: string }[] }>('api/v1/devices');
          const from = Date.now() - 86_400_000;
          const answers = await Promise.all(
            devices.map((d) =>
              server.json<{ times: number[] }>(
                `api/v1/devices/${d.id}/series?from=${from}&to=${Date.now()}&width=300`,
              ),
            ),
          );
          return answers.every((a) => (a.times[0] ?? Date.now()) < from + 1_200_000);
        },
        120_000,
      );
    }
    for (const [name, path] of PAGES) await take(path === '' ? one : many, name, path);
    await take(many, 'overview-many', '');
    await take(none, 'overview-empty', '');
  } finally {
    await browser.close();
    await Promise.all([one.stop(), many.stop(), none.stop()]);
  }
}
