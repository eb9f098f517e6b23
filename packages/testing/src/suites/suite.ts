// The form of a published suite: `suite({ test, factory, supports })`. It needs a function `test(name, run)` of any test
// runner, makes what it tests with `factory`, and asks `supports` what not to ask. It asserts with node:assert alone.

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
