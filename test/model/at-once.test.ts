// Random programs in which several calls are under way at once, over ports that give every effect its turn: some order of
// the calls must explain every answer, every refusal, and all that is seen afterwards.

import { type ConcurrentFactory, threadStoreModelConcurrently } from '@cenotaph/testing'
import { expect, it } from 'vitest'
import { expectAsked, given, RUNS_BESIDE, TIMEOUT_MS, told } from './given.js'
import { onMachine, supportsAtOnce } from './systems.js'

it(
  'some order of calls that are made at once explains what they did',
  async () => {
    let frames = 0
    const factory: ConcurrentFactory = {
      open: (turns) =>
        onMachine({
          turns: {
            ...turns,
            work(effect, run) {
              frames += 1
              return turns.work(effect, run)
            },
          },
        }),
      supports: supportsAtOnce,
    }
    const report = await threadStoreModelConcurrently(factory, { ...given, runs: RUNS_BESIDE })
    const { batches, batchesTurned } = report
    console.info(
      `${told(report)}, ${batches} batches at once, ${batchesTurned} of them in another order than that of the calls, ${frames} frames made or read`,
    )
    expectAsked(report, RUNS_BESIDE, 38)
    expect(batches).toBeGreaterThan(RUNS_BESIDE * 4)
    expect(frames).toBeGreaterThan(RUNS_BESIDE)
    // The turns do change something.
    expect(batchesTurned).toBeGreaterThan(RUNS_BESIDE / 4)
  },
  TIMEOUT_MS,
)
