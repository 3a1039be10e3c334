import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe-core finds wrong with the page as it is now, in a form that says where. */
export async function findings(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's own policy allows no inline script.
  await page.evaluate(source);
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe;
    return (await axe.run()).violations;
  });
  return found.flatMap((f) => f.nodes.map((n) => `${f.id} ${n.target.join(' ')}: ${n.failureSummary}`));
}
