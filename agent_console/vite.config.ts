import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vitest/config'

/** Where `npm run dev` sends /api: the mock by default, a real hotline with CONSOLE_API. */
const api = process.env.CONSOLE_API ?? 'http://127.0.0.1:51801'

export default defineConfig({
  // Relative addresses: the built console works below any path of the server.
  base: './',
  plugins: [vue(), ElementPlus({})],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 900,
    // Vite would inline small files as data: addresses, which a strict Content-Security-Policy forbids.
    assetsInlineLimit: 0,
  },
  server: { host: '127.0.0.1', port: 51800, strictPort: true, proxy: { '/api': { target: api, ws: true } } },
  test: { environment: 'node', include: ['tests/**/*.test.ts'], server: { deps: { inline: ['element-plus'] } } },
})
