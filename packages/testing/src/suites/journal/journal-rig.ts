// What every test of the journal suite works with: one database that is opened again and again, the anchor beside it, a
// clock and randomness that repeat themselves.

import { type BatchOperation, Journal, type Level, type Section } from '@cenotaph/journal'
import { type Disk, MemoryDisk } from '@cenotaph/storage'
import { seededEntropy } from '../../time/seeded-entropy.js'
import { SimClock } from '../../time/sim-clock.js'

/** One database of its own, empty at first. */
export interface LevelPlace {
  /** Opens it; it is closed then, and holds what it held. */
  open(): Promise<Level>
  /** Where the journal's anchor is. By default a disk in memory of the suite's own. */
  readonly disk?: Disk
  /** Default `/anchor.json`. */
  readonly anchorPath?: string
  /** With `supports.powerLoss`: of database and disk nothing stays that was not made durable. No handle is used after it. */
  losePower?(): Promise<void>
  /** With `supports.erasure`: all that the medium holds of the database, deleted values included. It is closed then. */
  bytes?(): Promise<readonly Uint8Array[]>
}

/** What a failing database does: runs the write or not, and throws or not. */
export type AroundWrite = (
  write: () => Promise<void>,
  operations: readonly { readonly key: string }[],
) => Promise<void>

export class JournalRig {
  readonly place: LevelPlace
  readonly clock = new SimClock()
  readonly #ownDisk = new MemoryDisk()
  #opened = 0

  constructor(place: LevelPlace) {
    this.place = place
  }

  get disk(): Disk {
    return this.place.disk ?? this.#ownDisk
  }

  get anchorPath(): string {
    return this.place.anchorPath ?? '/anchor.json'
  }

  /** Where it rejects, the database is closed. */
  async open({
    fresh = false,
    around,
  }: {
    readonly fresh?: boolean
    readonly around?: AroundWrite
  } = {}): ReturnType<typeof Journal.open> {
    const level = await this.place.open()
    try {
      this.#opened += 1
      return await Journal.open({
        level: around ? withWrites(level, around) : level,
        disk: this.disk,
        anchorPath: this.anchorPath,
        clock: this.clock,
        entropy: seededEntropy(this.#opened),
        fresh,
      })
    } catch (error) {
      await level.close()
      throw error
    }
  }

  /** A new journal, with an anchor at 0, as the maker of a store leaves it. */
  async make(): Promise<Journal> {
    const { journal } = await this.open({ fresh: true })
    await journal.checkpoint(journal.lastSequence, checkpointOf)
    return journal
  }

  /** Works on the bare database. */
  async tamper(run: (level: Level) => Promise<void>): Promise<void> {
    const level = await this.place.open()
    try {
      await run(level)
    } finally {
      await level.close()
    }
  }

  /** Keys that begin with a prefix, in order. */
  async keys(prefix = ''): Promise<string[]> {
    let found: string[] = []
    await this.tamper(async (level) => {
      const range = { gte: prefix, lt: `${prefix}\u{10ffff}` }
      found = await level.keys<string>({ ...range, keyEncoding: 'utf8' }).all()
    })
    return found
  }

  /** Changes stored bytes as a medium does. */
  async rewrite(key: string, change: (value: Uint8Array) => Uint8Array): Promise<void> {
    await this.tamper(async (level) => {
      const value = await level.get<string, Uint8Array>(key, encodings)
      if (!value) throw new Error(`nothing is stored under ${key}`)
      await level.put(key, change(Uint8Array.from(value)), encodings)
    })
  }
}

export const encodings = { keyEncoding: 'utf8', valueEncoding: 'view' } as const

const anchor = { storeId: 'store', logSize: 0, rootHash: '', keyFingerprint: '', epoch: 1 }

export const checkpointOf = () => ({ operations: [], anchor })

export const put = (key: string, text: string): BatchOperation => ({
  type: 'put',
  key,
  body: Buffer.from(text),
})

/** One line of a subject. */
export const line = (subject: string, text: string, offset = 0): Section => ({
  subject,
  generation: 1,
  offset,
  first: 0,
  count: 1,
  bytes: Buffer.from(text),
})

export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString()

/** The same database, with every batch passing through a function. */
export function withWrites(level: Level, around: AroundWrite): Level {
  return new Proxy(level, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (name === 'batch')
        return (operations: readonly { key: string }[], options: unknown) =>
          around(() => member.call(target, operations, options), operations)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
