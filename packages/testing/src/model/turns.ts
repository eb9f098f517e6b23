// Who may go on when several calls are under way: every effect on disk or database waits for its turn, and a scheduler
// picks whose turn it is. While one call runs alone nothing waits. What a call does between two effects must be done on the
// event loop's own thread: work on the thread pool ends when it ends, and a seed would not repeat it. So such work is made
// a turn of its own: it begins at once, and has ended when a turn says so.

import { breathe } from '@cenotaph/storage'
import type fc from 'fast-check'

export interface Turns {
  /** For a port: resolves when the effect may happen. */
  wait(effect: string): Promise<void>
  /** For work on the thread pool: resolves with it, when its turn has come. */
  work<T>(effect: string, run: () => Promise<T>): Promise<T>
  /** Makes the calls, and gives turns until all have ended. */
  atOnce(calls: readonly (() => Promise<unknown>)[]): Promise<void>
}

/** Rounds of the event loop without an effect after which calls wait for each other, and for ever. */
const IDLE_MAX = 100_000

export function turnsOf(scheduler: fc.Scheduler | undefined): Turns {
  let isOpen = false
  return {
    async wait(effect) {
      if (isOpen && scheduler) await scheduler.schedule(Promise.resolve(), effect)
    },

    work: (effect, run) => (isOpen && scheduler ? scheduler.schedule(run(), effect) : run()),

    async atOnce(calls) {
      if (!scheduler) throw new TypeError('calls at once need a scheduler')
      let running = calls.length
      isOpen = true
      const all = Promise.all(
        calls.map(async (call) => {
          await call()
          running -= 1
        }),
      )
      try {
        for (let idle = 0; running > 0 || scheduler.count() > 0; ) {
          // Everybody who can come to an effect has come to one.
          await breathe()
          if (scheduler.count() > 0) {
            idle = 0
            await scheduler.waitNext(1)
          } else if (running > 0) {
            idle += 1
            if (idle > IDLE_MAX) throw new Error('the calls wait for each other')
          }
        }
        await all
      } finally {
        isOpen = false
      }
    },
  }
}
