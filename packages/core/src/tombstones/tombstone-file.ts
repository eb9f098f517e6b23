// Who is dead, for ever: `.cenotaph/tombstones`, append-only, loaded whole at open. See tombstone-format.ts
// for the bytes.
//
// Survives a crash at any instant: a record is there whole or not at all, and one that was acknowledged is
// there. What a crash tore is cut at the next open. Survives rot by telling it (TOMBSTONES_DAMAGED); what
// it cannot tell is a file that lost whole records at its end, so the caller compares with its database.
// Survives a failed write or fsync by refusing every later one: the next open starts from the bytes.

import { type Disk, type DiskFile, readWhole, replaceWhole, StoreError } from '@cenotaph/storage'
import {
  type DecodedTombstones,
  damaged,
  decodeTombstones,
  encodeHeader,
  encodeRecord,
  encodeSeal,
} from './tombstone-format.js'
import { type PrepareRecord, packEntries, type TombstoneRecord } from './tombstone-record.js'

export class TombstoneFile {
  readonly #file: DiskFile
  readonly #records: TombstoneRecord[] = []
  readonly #prepared = new Map<string, PrepareRecord>()
  readonly #aborted = new Set<string>()
  #end: number
  /** Appends one after the other; never rejects. */
  #queue: Promise<unknown> = Promise.resolve()
  #failure: unknown
  #closed = false

  private constructor(file: DiskFile, decoded: DecodedTombstones) {
    this.#file = file
    this.#end = decoded.end
    for (const record of decoded.records) this.#take(record)
  }

  /**
   * Loads the file, cutting what a crash tore. With `create`, a missing file is made, durable with its name
   * when it resolves; without, it is TOMBSTONES_DAMAGED with `missing: true`, since the dead would wake.
   */
  static async open(
    disk: Disk,
    path: string,
    options: { readonly create: boolean },
  ): Promise<TombstoneFile> {
    const file = (await disk.openWrite(path)) ?? (await made(disk, path, options.create))
    try {
      const size = await file.size()
      const decoded = decodeTombstones(await file.read(0, size))
      const tombstones = new TombstoneFile(file, decoded)
      if (size > decoded.end) await tombstones.#mend(decoded.unsealed)
      return tombstones
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Every record so far, in the order of the file. */
  records(): readonly TombstoneRecord[] {
    return [...this.#records]
  }

  /** The sets that are dead by this file alone: prepared and not aborted, in order. */
  prepared(): readonly PrepareRecord[] {
    return [...this.#prepared.values()]
  }

  /** The newest set that was prepared and not aborted. */
  get lastPrepared(): PrepareRecord | undefined {
    return this.prepared().at(-1)
  }

  /**
   * Appends a set; durable when it resolves. A disk's error rejects with that error and latches the file:
   * whether the record is there is known after the next open. ARGUMENT_INVALID for an operation id that
   * was prepared before.
   */
  prepare(set: Omit<PrepareRecord, 'kind'>): Promise<void> {
    return this.#enqueue(async () => {
      const { operationId } = set
      if (this.#prepared.has(operationId) || this.#aborted.has(operationId))
        throw invalid('this operation was prepared before', operationId)
      await this.#append({ ...set, kind: 'prepare' })
    })
  }

  /** Takes a prepared set back; durable when it resolves, at once where it was aborted before. */
  abort(operationId: string): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#aborted.has(operationId)) return
      if (!this.#prepared.has(operationId)) throw invalid('nothing to abort', operationId)
      await this.#append({ kind: 'abort', operationId })
    })
  }

  /** Waits for what was begun, then closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#queue
    await this.#file.close()
  }

  #enqueue(run: () => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreError('STORE_CLOSED', 'the file is closed'))
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => {})
    return result
  }

  async #append(record: TombstoneRecord): Promise<void> {
    if (this.#failure !== undefined)
      throw new StoreError('STORE_FAILED', 'an earlier write of a tombstone failed', {
        cause: this.#failure,
      })
    const entries = record.kind === 'prepare' ? await packEntries(record) : undefined
    const bytes = encodeRecord(record, entries)
    try {
      await this.#writeSealed(bytes)
    } catch (error) {
      this.#failure = error
      throw error
    }
    this.#take(record)
  }

  /**
   * The seal goes out only when the record is durable, and it is durable itself before anything follows.
   * So at most one of the two is ever in the air.
   */
  async #writeSealed(bytes: Uint8Array): Promise<void> {
    const seal = encodeSeal(this.#end, bytes)
    await this.#file.write(this.#end, bytes)
    await this.#file.sync()
    await this.#file.write(this.#end + bytes.length, seal)
    await this.#file.sync()
    this.#end += bytes.length + seal.length
  }

  /**
   * What follows the last seal is cut, but for a whole record, which is sealed. It is written over itself
   * first: the sync that should have made it durable may have failed, and a second one would not try again.
   */
  async #mend(unsealed: TombstoneRecord | undefined): Promise<void> {
    const bytes = unsealed ? encodeRecord(unsealed) : new Uint8Array()
    await this.#file.truncate(this.#end + bytes.length)
    await this.#file.sync()
    if (!unsealed) return
    await this.#writeSealed(bytes)
    this.#take(unsealed)
  }

  #take(record: TombstoneRecord): void {
    this.#records.push(record)
    if (record.kind === 'prepare') this.#prepared.set(record.operationId, record)
    else if (this.#prepared.delete(record.operationId)) this.#aborted.add(record.operationId)
  }
}

/**
 * Reads the records and changes nothing, for verification, backups and restores; an unsealed last record
 * counts. Undefined where there is no file. Errors as for `TombstoneFile.open`.
 */
export async function readTombstones(
  disk: Disk,
  path: string,
): Promise<readonly TombstoneRecord[] | undefined> {
  const bytes = await readWhole(disk, path)
  if (!bytes) return undefined
  const { records, unsealed } = decodeTombstones(bytes)
  return unsealed ? [...records, unsealed] : records
}

async function made(disk: Disk, path: string, create: boolean): Promise<DiskFile> {
  if (create) {
    await replaceWhole(disk, path, encodeHeader())
    const file = await disk.openWrite(path)
    if (file) return file
  }
  throw new StoreError(damaged(0).code, 'the tombstone file is missing', {
    detail: { offset: 0, missing: true },
  })
}

const invalid = (message: string, operationId: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', message, { detail: { operationId } })
