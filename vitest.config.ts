import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    // Tests run on the sources, not on what was built from them.
    alias: [
      { find: /^millrace$/, replacement: source('index.ts') },
      { find: /^millrace\/(file|http|kafka|memory|socket|stdout)$/, replacement: source('connectors/$1/index.ts') },
      { find: /^millrace\/(embedded|serve|testing)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
