// Every call to the disk fails once, and every effect fails for good. One program of all operations runs against a disk
// whose n-th call fails, for n = 0, 1, 2, … until the program passes untouched; and against one on which nothing can be
// changed from its n-th effect on, as when a disk dies or is made read-only, until somebody mends it.

import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type DiskCall,
  type Errno,
  effects,
  failFrom,
  failNth,
  looks,
  opens,
} from '../support-fixtures/faulty-disk.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { operations } from './fault-operations.js'
import { runWithFault } from './fault-program.js'

/** Hundreds of stores each; nothing here depends on how long it takes. */
const TIMEOUT_MS = 600_000

const scratches = scratch({ inMemory: true })

/** As many as let every one meet either side of a call, whatever the step. */
const errnos: readonly Errno[] = ['EIO', 'ENOSPC', 'EPERM', 'EMFILE']

/** `CENOTAPH_FAULTS=all` fails every call; otherwise a call in so many, with every errno and either side of it. */
const isWhole = process.env.CENOTAPH_FAULTS === 'all'

/** One run alone: `CENOTAPH_FAULT=57 npm test -- test/bad-input/disk-faults`. */
const only =
  process.env.CENOTAPH_FAULT === undefined ? undefined : Number(process.env.CENOTAPH_FAULT)

interface Sweep {
  readonly runs: number
  /** Operations that told their caller of a fault. */
  readonly told: ReadonlySet<string>
  /** Faults that nobody was told of: `call file`. */
  readonly quiet: readonly string[]
  readonly broken: readonly string[]
}

/** Errno and side of a call depend on its number alone, so that a number replays a run. */
async function sweep(calls: readonly DiskCall[], step: number): Promise<Sweep> {
  const told = new Set<string>()
  const quiet: string[] = []
  const broken: string[] = []
  let runs = 0
  for (let index = only ?? 0; broken.length < 20; index += step) {
    try {
      const errno = errnos[index % errnos.length]!
      const when = Math.floor(index / errnos.length) % 2 === 0 ? 'before' : 'after'
      const fault = failNth(index, { calls, errno, when })
      const label = () =>
        `${errno} ${when} call ${index} (${fault.hit()?.call} ${fault.hit()?.path})`
      const run = await runWithFault(await scratches.folder(), fault, label)
      if (!run.hit) break
      if (run.failed === undefined) quiet.push(`${run.hit.call} ${path.basename(run.hit.path)}`)
      else told.add(run.failed)
    } catch (error) {
      broken.push(`CENOTAPH_FAULT=${index}: ${String(error).slice(0, 2_000)}`)
    }
    runs += 1
    if (only !== undefined) break
  }
  return { runs, told, quiet, broken }
}

describe('every disk call fails once', { timeout: TIMEOUT_MS }, () => {
  it('each effect, before it happens or after it happened', async () => {
    const { runs, told, quiet, broken } = await sweep(effects, isWhole ? 1 : 5)
    console.info(`disk faults: ${runs} effects that fail once`)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(isWhole ? 250 : 50)
    const fallible = operations.filter(({ levelOnly }) => !levelOnly).map(({ name }) => name)
    if (isWhole) expect([...told]).toEqual(expect.arrayContaining(['open', ...fallible]))
    else expect(told.size).toBeGreaterThan(fallible.length / 2)
    // A fault that no caller hears of must be one of a delete, which tries again by itself, or of the ballast.
    expect(quiet.length).toBeLessThan(runs / 4)
    const kept = quiet.filter((call) => /^(write|sync|truncate) .*\.jsonl$/.test(call))
    expect(kept).toEqual([])
  })

  it('looks', async () => {
    const { runs, told, broken } = await sweep(looks, isWhole ? 3 : 13)
    console.info(`disk faults: ${runs} looks that fail once`)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(isWhole ? 90 : 20)
    expect(told.size).toBeGreaterThan(4)
  })
})

/** Errors of a disk that stays bad: dead, full, read-only, somebody else's. */
const lasting: readonly Errno[] = ['EIO', 'ENOSPC', 'EROFS', 'EPERM', 'EBUSY']

describe('every effect fails from some call on, until the disk is mended', {
  timeout: TIMEOUT_MS,
}, () => {
  it('calls from the first to the last', async () => {
    const { runs, told, broken } = await sweepForGood(effects, lasting, isWhole ? 1 : 7)
    console.info(`disk faults: ${runs} effects from which on all fail`)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(isWhole ? 250 : 30)
    expect(told.size).toBeGreaterThan(operations.length / 3)
  })

  it('no descriptor is left for any file', async () => {
    const { runs, told, broken } = await sweepForGood(opens, ['EMFILE'], isWhole ? 1 : 17)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(isWhole ? 80 : 5)
    expect(told.size).toBeGreaterThan(isWhole ? 10 : 3)
  })
})

async function sweepForGood(
  calls: readonly DiskCall[],
  kinds: readonly Errno[],
  step: number,
): Promise<Omit<Sweep, 'quiet'>> {
  const told = new Set<string>()
  const broken: string[] = []
  let runs = 0
  for (let index = only ?? 0; broken.length < 20; index += step) {
    const errno = kinds[index % kinds.length]!
    const fault = failFrom(index, { calls, errno })
    const label = () => `${errno} from call ${index} on (${fault.hit()?.call} ${fault.hit()?.path})`
    try {
      const run = await runWithFault(await scratches.folder(), fault, label)
      if (!run.hit) break
      if (run.failed !== undefined) told.add(run.failed)
    } catch (error) {
      broken.push(`CENOTAPH_FAULT=${index}: ${String(error).slice(0, 2_000)}`)
    }
    runs += 1
    if (only !== undefined) break
  }
  return { runs, told, broken }
}
