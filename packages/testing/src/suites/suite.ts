// The form of a published suite: `suite({ test, factory, supports })`. It needs a function `test(name, run)` of any test
// runner, makes what it tests with `factory`, and asks `supports` what not to ask. It asserts with node:assert alone, on
// results, bytes and codes of errors, never on messages or on time. It returns how many tests it registered.

import assert from 'node:assert/strict'

/** Registers one test: vitest's `it`, node's `test`, mocha's `it`, tape's with a line around it. */
export type Test = (name: string, run: () => Promise<void>) => void

export interface Made<T> {
  readonly value: T
  /** Takes away what was made. */
  remove?(): Promise<void>
}

/** Runs with something made for it, and takes it away whatever happens. */
export async function using<T, R>(
  factory: () => Promise<Made<T>>,
  run: (value: T) => Promise<R>,
): Promise<R> {
  const { value, remove } = await factory()
  try {
    return await run(value)
  } finally {
    await remove?.()
  }
}

/** The code of what was thrown, or what an error without one says; undefined where nothing was. */
export async function codeOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    return String(code ?? message)
  }
}

/** Fails unless the call rejects with one of the codes. Gives the error. */
export async function refused(
  run: () => Promise<unknown>,
  ...codes: readonly string[]
): Promise<Error & { readonly detail?: Readonly<Record<string, unknown>> }> {
  try {
    await run()
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    assert(codes.includes(String(code)), `${codes.join(' or ')} was expected, not ${error}`)
    return error as Error
  }
  return assert.fail(`${codes.join(' or ')} was expected, and nothing was thrown`)
}
