import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const here = dirname(fileURLToPath(import.meta.url));
const from = resolve(here, '../../internal/api/openapi.json');
const to = resolve(here, '../src/lib/api/schema.d.ts');

/** Writes the types of the API, from the server's own description of it. */
export async function main(): Promise<void> {
  const text = COMMENT_HEADER + astToString(await openapiTS(pathToFileURL(from)));
  await mkdir(dirname(to), { recursive: true });
  const old = await readFile(to, 'utf8').catch(() => '');
  if (old !== text) await writeFile(to, text);
}
