import { defineConfig, loadEnv } from 'vite';

const server = loadEnv('', '.', 'PILOTHOUSE_')['PILOTHOUSE_URL'] ?? 'http://127.0.0.1:8787';

// The base is relative: the server names the folder of the console in <base>, so that it works below any path.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'target/classes/console',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // For work on pages: `npm run dev` beside a running server, named by PILOTHOUSE_URL.
    proxy: { '/api': { target: server } },
  },
});
