// Runs a TypeScript file with what is installed anyway: node scripts/run.mjs FILE [ARGUMENTS].
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

const [file, ...args] = process.argv.slice(2);
if (!file) {
  console.error('usage: node scripts/run.mjs FILE [ARGUMENTS]');
  process.exit(2);
}
const { module } = await runnerImport(resolve(file), { configFile: false, logLevel: 'error' });
await module.main?.(args);
