import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { compressedSiblings } from './scripts/compress.ts';
import { appIcons } from './scripts/icons.ts';

const target = ['chrome123', 'edge123', 'firefox121', 'safari17.5'];

export default defineConfig({
  // Every reference is relative, so that the page works behind any path prefix;
  // the server puts <base href> into index.html.
  base: './',
  plugins: [
    svelte(),
    appIcons(),
    compressedSiblings(),
    {
      name: 'development-base',
      apply: 'serve',
      transformIndexHtml: () => [{ tag: 'base', attrs: { href: '/' }, injectTo: 'head-prepend' }],
    },
    {
      // A plain script that runs before the first paint; Vite has nothing to bundle there.
      name: 'theme-before-paint',
      transformIndexHtml: () => [{ tag: 'script', attrs: { src: './theme.js' }, injectTo: 'head' }],
    },
  ],
  build: {
    target,
    cssTarget: target,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 300,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/data', '/ping', '/metrics', '/livez', '/readyz'].map((path) => [
        path,
        process.env.COOLANT_URL ?? 'http://127.0.0.1:8080',
      ]),
    ),
  },
});
