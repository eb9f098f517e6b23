// Runs a published suite without a test runner, and tells which tests failed: for a report, or for a test that an
// implementation which is wrong on purpose is caught.

import type { Test } from './suite.js'

export interface SuiteReport {
  /** Names, in the order of the suite. */
  readonly passed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly error: unknown }[]
}

/** `register` calls a suite with the test function that it gets. Tests run one after another. */
export async function runSuite(register: (test: Test) => unknown): Promise<SuiteReport> {
  const tests: { readonly name: string; readonly run: () => Promise<void> }[] = []
  register((name, run) => tests.push({ name, run }))
  const passed: string[] = []
  const failed: { name: string; error: unknown }[] = []
  for (const { name, run } of tests) {
    try {
      await run()
      passed.push(name)
    } catch (error) {
      failed.push({ name, error })
    }
  }
  return { passed, failed }
}
