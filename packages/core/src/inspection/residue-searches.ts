// The weekly search for residue, and for damage in the tables of LevelDB: due when the last one is a week of store time ago. A store that was never searched is
// due a week after the first look. A sweep looks; a store that stays open looks by itself, once an hour, so that opening
// one costs nothing. What it finds it says in an event, and to the next sweep.
//
// The search of an open store waits between its reads, so that others' come first. It ends with the store. One that
// fails says so in an event, is tried again at the next look, and does nothing to the store.
//
//   k/sweep   {"lastMs"}: store time at which the last search ended

import { breathe, isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { batchOf } from '../lifecycle/batch.js'
import type { NewEvent } from '../lifecycle/operation.js'
import { verifyLevel } from './verify-level.js'
import { type Pace, type ResidueReport, verifyResidue } from './verify-residue.js'
import type { Problem } from './verify-store.js'

const KEY = 'k/sweep'
const HOUR_MS = 60 * 60 * 1000
const EVERY_MS = 7 * 24 * HOUR_MS
/** The search of an open store rests after each of so many bytes. */
const BURST_BYTES = 4 * 1024 * 1024
const REST_MS = 20

export class ResidueSearches {
  readonly #context: StoreContext
  #running: Promise<void> | undefined
  /** Found, and told to no sweep yet. */
  #untold: ResidueReport | undefined
  #cancelLook: (() => void) | undefined
  #wake: (() => void) | undefined

  constructor(context: StoreContext) {
    this.#context = context
    const end = (): void => {
      this.#cancelLook?.()
      this.#wake?.()
    }
    context.closing.addEventListener('abort', end, { once: true })
  }

  /** Sets the timer for the next look. What is in memory has no files to search. */
  arm(): void {
    const { options, clock, closing, journal } = this.#context
    if (options.ephemeral || closing.aborted || journal.failure) return
    this.#cancelLook = clock.schedule(HOUR_MS, () => {
      this.#run(this.#resting())
        // An event tells of it; what failed the store is known to the store.
        .catch(() => {})
        .finally(() => this.arm())
    })
  }

  /**
   * For a sweep: searches if that is due, and gives what was found, or what the store found by itself since the last
   * sweep. Undefined where neither is so. What is found stays found: the next `verify` with `residue` tells it again.
   */
  async sweep(): Promise<ResidueReport | undefined> {
    await this.#run(breathe)
    const report = this.#untold
    this.#untold = undefined
    return report
  }

  /** Resolves when no search is under way. Call it once the store is closing. */
  async stopped(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  /** One at a time: who comes while one is under way waits for what that one finds. */
  #run(pace: Pace): Promise<void> {
    this.#running ??= searchIfDue(this.#context, pace)
      .then((report) => {
        this.#untold = report ?? this.#untold
      })
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  #resting(): Pace {
    const { clock, closing } = this.#context
    let bytesLeft = BURST_BYTES
    return async (bytes = 0) => {
      bytesLeft -= bytes
      if (bytesLeft > 0) await breathe()
      else {
        bytesLeft = BURST_BYTES
        await new Promise<void>((resolve) => {
          const cancel = clock.schedule(REST_MS, resolve)
          this.#wake = () => {
            cancel()
            resolve()
          }
        })
      }
      if (closing.aborted) throw new StoreError('STORE_CLOSED', 'the store is closing')
    }
  }
}

/** undefined where it was not due. */
async function searchIfDue(context: StoreContext, pace: Pace): Promise<ResidueReport | undefined> {
  const lastMs = await lastSearch(context)
  const nowMs = context.journal.storeTimeMs()
  if (lastMs === undefined) await note(context, nowMs)
  if (lastMs === undefined || nowMs - lastMs < EVERY_MS) return undefined
  try {
    const report = withDamage(await verifyResidue(context, pace), await damageOf(context, pace))
    const { problems, files, bytes, shared, notSearched } = report
    const payload = {
      problems: problems.length,
      files,
      bytes,
      shared,
      notSearched: notSearched.length,
    }
    await note(context, context.journal.storeTimeMs(), [searched('residue.searched', payload)])
    return report
  } catch (error) {
    if (!context.closing.aborted && !context.journal.failure) await noteFailure(context, error)
    throw error
  }
}

/** Tables that opening the store did not read. */
async function damageOf(context: StoreContext, pace: Pace): Promise<readonly Problem[]> {
  const damage: Problem[] = []
  await verifyLevel(
    context,
    (code, threadId, detail) => damage.push({ code, threadId, detail }),
    pace,
  )
  return damage
}

const withDamage = (report: ResidueReport, damage: readonly Problem[]): ResidueReport => ({
  ...report,
  problems: [...report.problems, ...damage],
})

/** The code alone: an event of no thread stays for ever. */
async function noteFailure(context: StoreContext, error: unknown): Promise<void> {
  const reason = isStoreError(error) ? error.code : 'unknown'
  await context.journal.commit(() =>
    batchOf(context, { events: [searched('residue.unsearched', { reason })] }),
  )
}

const searched = (type: string, payload: NewEvent['payload']): NewEvent => ({
  type,
  threadId: null,
  payload,
})

async function lastSearch(context: StoreContext): Promise<number | undefined> {
  const body = await context.journal.get(KEY)
  if (!body) return undefined
  const { lastMs } = JSON.parse(Buffer.from(body).toString()) as { lastMs: number }
  return lastMs
}

const note = (
  context: StoreContext,
  lastMs: number,
  events: readonly NewEvent[] = [],
): Promise<void> =>
  context.journal.commit(() =>
    batchOf(context, {
      events,
      operations: [{ type: 'put', key: KEY, body: Buffer.from(JSON.stringify({ lastMs })) }],
    }),
  )
