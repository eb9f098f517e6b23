import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests import the packages by name and get their sources, so that no test runs against a stale build.
// Child processes that tests start (and the command) run what was compiled, which is done first.
const source = (name: string) =>
  fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: Object.fromEntries(
      ['storage', 'rollout', 'journal', 'core', 'testing'].map((name) => [
        `@cenotaph/${name}`,
        source(name),
      ]),
    ),
  },
  test: {
    globalSetup: './scripts/compile-first.mjs',
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A third of the time the tests wait for the disk and for child processes: one worker more than the two cores that we have.
    maxWorkers: 3,
    // Files of one worker share what they import: nothing in the packages keeps state of its own, and loading and warming
    // up the engine again for each of 230 files takes as long as running them.
    isolate: false,
  },
})
