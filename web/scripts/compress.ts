import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const pack = promisify(gzip);

/** Smaller files fit a packet or two anyway. */
const WORTH_IT = 1024;

/**
 * Writes NAME.gz beside every larger text file of the build, so that the server
 * never compresses anything itself. index.html is left out: the server edits it.
 */
export function compressedSiblings(): Plugin {
  let dir = 'dist';
  return {
    name: 'compressed-siblings',
    apply: 'build',
    configResolved(config) {
      dir = config.build.outDir;
    },
    async closeBundle() {
      for (const name of await readdir(dir, { recursive: true })) {
        if (name === 'index.html' || !/\.(js|css|svg|json|webmanifest|html)$/.test(name)) continue;
        const path = join(dir, name);
        if ((await stat(path)).size < WORTH_IT) continue;
        const plain = await readFile(path);
        const packed = await pack(plain, { level: 9 });
        if (packed.length < plain.length) await writeFile(`${path}.gz`, packed);
      }
    },
  };
}
