// The model beside a store: random programs of its operations run against both, and both must agree, on every result,
// every refusal, and everything that a reader sees.

import fc from 'fast-check'
import { type CommandOptions, modelIds, type System, threadCommands } from './commands.js'
import { compareStore } from './observe.js'
import { ThreadModel } from './thread-model.js'

export interface ModelRunOptions extends CommandOptions {
  /** Default 100. */
  readonly runs?: number
  /** Default: by the clock; a failure prints it. */
  readonly seed?: number
  /** fast-check's path to one failing run. */
  readonly path?: string
}

export interface ModelFactory {
  /** An empty store. */
  open(): Promise<System & { close(): Promise<void> }>
}

/** @throws fast-check's error, with the shortest failing program, its seed and its path */
export async function threadStoreModel(
  factory: ModelFactory,
  { runs = 100, seed, path, ...commands }: ModelRunOptions = {},
): Promise<{ readonly runs: number; readonly commands: number }> {
  let done = 0
  let count = 0
  await fc.assert(
    fc.asyncProperty(threadCommands(commands), async (program) => {
      const system = await factory.open()
      const model = new ThreadModel()
      try {
        await fc.asyncModelRun(() => ({ model, real: system }), program)
        await compareStore(system.store, model, modelIds)
      } finally {
        await system.close()
      }
      done += 1
      for (const _ of program) count += 1
    }),
    {
      numRuns: runs,
      ...(seed === undefined ? {} : { seed }),
      ...(path === undefined ? {} : { path }),
    },
  )
  return { runs: done, commands: count }
}
