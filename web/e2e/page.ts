import type { Locator, Page } from 'playwright-core';
import { until } from './server';

/** What the page says, by the marks that it carries for tests. */

export const hero = (page: Page): Locator => page.locator('[data-hero] .value').first();

export async function linkPhase(page: Page): Promise<string | null> {
  return page.locator('[data-link]').getAttribute('data-link');
}

export async function waitForPhase(page: Page, phase: string): Promise<void> {
  await page.locator(`[data-link="${phase}"]`).waitFor();
}

/** Waits until the history of the window that is shown has arrived, and nothing more is asked for. */
export async function waitForHistory(page: Page): Promise<void> {
  await page.locator('.charts[aria-busy="false"]').waitFor();
}

export const panel = (page: Page, name: string): Locator => page.locator(`[data-panel="${name}"]`);

export interface Row {
  time: number;
  values: Record<string, number>;
}

/** Turns a panel into its table. */
export async function asTable(page: Page, name: string): Promise<Locator> {
  const button = panel(page, name).locator('header button');
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
  const table = panel(page, name).locator('table');
  await table.waitFor();
  return table;
}

/** What a panel's table says, oldest first. */
export async function readTable(page: Page, name: string): Promise<Row[]> {
  const table = await asTable(page, name);
  return table.evaluate((element) => {
    const metrics = [...element.querySelectorAll<HTMLElement>('thead th[data-metric]')].map(
      (th) => th.dataset.metric ?? '',
    );
    const rows = [...element.querySelectorAll<HTMLElement>('tbody tr')].map((tr) => {
      const values: Record<string, number> = {};
      [...tr.querySelectorAll<HTMLElement>('td')].forEach((td, i) => {
        if (td.dataset.value) values[metrics[i] ?? ''] = Number(td.dataset.value);
      });
      return { time: Number(tr.dataset.time), values };
    });
    return rows.reverse();
  });
}

export async function windowShown(page: Page): Promise<{ from: number; to: number }> {
  const when = page.locator('[data-window-from]');
  return {
    from: Number(await when.getAttribute('data-window-from')),
    to: Number(await when.getAttribute('data-window-to')),
  };
}

/** Waits until the panel's plot has been drawn with something coloured in it. */
export async function waitForDrawing(page: Page, name: string): Promise<void> {
  await waitForHistory(page);
  await until(`a drawing in ${name}`, async () => (await drawn(page, name, [])).colored > 50);
}

/**
 * Looks at the canvas of a panel: how many of its pixels have a colour that no
 * grid line and no text has, and whether there is one near each of the given
 * points, which are fractions of the plotting area from its upper left corner.
 */
export async function drawn(
  page: Page,
  name: string,
  points: readonly { x: number; y: number }[],
  near = 3,
): Promise<{ colored: number; hits: boolean[] }> {
  return panel(page, name).evaluate(
    (section, [points, near]) => {
      const canvas = section.querySelector('canvas');
      const over = section.querySelector('.u-over');
      if (!canvas || !over) return { colored: 0, hits: [] };
      const ratio = canvas.width / canvas.clientWidth;
      const [outer, inner] = [canvas.getBoundingClientRect(), over.getBoundingClientRect()];
      const left = Math.round((inner.left - outer.left) * ratio);
      const top = Math.round((inner.top - outer.top) * ratio);
      const width = Math.round(inner.width * ratio);
      const height = Math.round(inner.height * ratio);
      // Read from a copy: reading the plot's own canvas often would change how it is drawn.
      const copy = document.createElement('canvas');
      copy.width = width;
      copy.height = height;
      const ctx = copy.getContext('2d', { willReadFrequently: true });
      if (!ctx || width === 0 || height === 0) return { colored: 0, hits: [] };
      ctx.drawImage(canvas, -left, -top);
      const pixels = ctx.getImageData(0, 0, width, height).data;
      const colorful = (x: number, y: number) => {
        if (x < 0 || y < 0 || x >= width || y >= height) return false;
        const at = (y * width + x) * 4;
        const rgb = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
        return (pixels[at + 3] ?? 0) > 100 && Math.max(...rgb) - Math.min(...rgb) > 70;
      };
      let colored = 0;
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (colorful(x, y)) colored++;
      const hits = points.map((p) => {
        const [x, y] = [Math.round(p.x * width), Math.round(p.y * height)];
        for (let dy = -near; dy <= near; dy++) {
          for (let dx = -1; dx <= 1; dx++) if (colorful(x + dx, y + dy)) return true;
        }
        return false;
      });
      return { colored, hits };
    },
    [points, near] as const,
  );
}
