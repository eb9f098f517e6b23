// What the tests of this package share: folders, a clock and a source of randomness that they steer, and a
// database in which faults can be injected.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Clock, type Entropy, nodeDisk } from '@cenotaph/storage'
import type { ClassicLevel } from 'classic-level'
import { afterEach } from 'vitest'
import type { Section } from './group.js'
import { Journal } from './journal.js'
import type { JournalOptions } from './journal-options.js'
import type { Sequence } from './keys.js'
import { type Level, openLevel } from './level.js'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'cenotaph-journal-'))
  folders.push(folder)
  return folder
}

export class ManualClock implements Clock {
  nowMs = 1_700_000_000_000
  wallMs(): number {
    return this.nowMs
  }
  monotonicMs(): number {
    return this.nowMs
  }
  schedule(): () => void {
    return () => {}
  }
}

/** The same bytes in every run. */
export function steadyEntropy(seed = 1): Entropy {
  let state = seed
  return {
    bytes: (length) =>
      Uint8Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
        return (state >>> 16) & 255
      }),
  }
}

export const checkpointOf = () => ({
  operations: [],
  anchor: { storeId: 'store', logSize: 0, rootHash: '', keyFingerprint: '', epoch: 1 },
})

export const line = (subject: string, text: string, offset = 0): Section => ({
  subject,
  generation: 1,
  offset,
  first: 0,
  count: 1,
  bytes: Buffer.from(text),
})

export const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString()

/** Where one store of a test lives, and how it is opened again and again. */
export class Rig {
  readonly root = temporaryFolder()
  readonly folder = path.join(this.root, 'level')
  readonly anchorPath = path.join(this.root, 'anchor.json')
  readonly clock = new ManualClock()
  #opens = 0

  /** A bare database, for looking and for damaging. */
  level(): Promise<ClassicLevel<string, Uint8Array>> {
    return openLevel(this.folder, { createIfMissing: true })
  }

  /** A rejection leaves the database closed. */
  async open(
    options: Partial<JournalOptions> & { wrap?: (level: Level) => Level } = {},
  ): Promise<Awaited<ReturnType<typeof Journal.open>>> {
    const { wrap = (level: Level) => level, ...given } = options
    const level = await this.level()
    try {
      return await Journal.open({
        level: wrap(level),
        disk: nodeDisk,
        anchorPath: this.anchorPath,
        clock: this.clock,
        entropy: steadyEntropy(++this.#opens),
        fresh: false,
        ...given,
      })
    } catch (error) {
      await level.close()
      throw error
    }
  }

  /** A store with an anchor at 0, as its maker leaves it. */
  async make(): Promise<Journal> {
    const { journal } = await this.open({ fresh: true })
    await journal.checkpoint(0 as Sequence, checkpointOf)
    return journal
  }

  /** Runs on the bare database, with the journal closed. */
  async tamper(run: (level: ClassicLevel<string, Uint8Array>) => Promise<void>): Promise<void> {
    const level = await this.level()
    await run(level)
    await level.close()
  }
}

/** A database whose batches pass through `around`, which may fail them before or after. */
export function intercept(
  level: Level,
  around: (write: () => Promise<void>, operations: readonly { key: string }[]) => Promise<void>,
): Level {
  return new Proxy(level, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (name === 'batch')
        return (operations: readonly { key: string }[], options: unknown) =>
          around(() => value.call(target, operations, options), operations)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
