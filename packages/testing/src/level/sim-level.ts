// SimLevel: an abstract-level database in memory, with LevelDB's durability and LevelDB's memory.
//
//   a synced batch     stays, and so does every batch before it in the same log.
//   an unsynced batch  may be lost, and with it what came after it in its log. When a log has grown beyond
//                      `logBytesMax` a new one begins, and the old one is not synced by that: its last batches may be
//                      gone although a later, synced one is there.
//   a batch            is whole or absent.
//   a failed batch     may leave a torn record in the log (`folder.tearLog()`): batches behind it in the same block are
//                      acknowledged, and gone at the next open.
//   a deleted value    stays on disk until a flush, a newer deletion and the compaction that merges both have come by,
//                      in this order, with no iterator open. `folder.physical()` gives every value that is still there.
//
// Reading and encoding are memory-level's. It has what the engine asks LevelDB for: `compactRange` and the property
// `leveldb.sstables`, in LevelDB's form.

import { MemoryLevel } from 'memory-level'
import type { SimLevelFolder } from './sim-level-folder.js'

export interface SimLevelOptions {
  /** Bytes of keys and values after which a new log begins. Default 64 KiB. */
  readonly logBytesMax?: number
  readonly keyEncoding?: string
  readonly valueEncoding?: string
  /** Called around every batch and every step of a compaction: a place to stop, to look, or to fail. */
  readonly around?: AroundEffect
}

export type AroundEffect = (effect: 'batch' | 'compact', run: () => Promise<void>) => Promise<void>

type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

interface WriteOptions {
  readonly sync?: boolean
}

/** What abstract-level calls of an implementation, and what memory-level does then. */
interface Private {
  _batch(operations: readonly Operation[], options: object): Promise<void>
  _iterator(options: object): Closing
  _keys(options: object): Closing
  _values(options: object): Closing
  _snapshot(options: object): Closing
  _clear(options: object): Promise<void>
}

interface Closing {
  _close?(): Promise<void>
}

const memory = MemoryLevel.prototype as unknown as Private

export class SimLevel<K = string, V = Uint8Array> extends MemoryLevel<K, V> {
  readonly folder: SimLevelFolder
  readonly #logBytesMax: number
  readonly #around: AroundEffect
  #logBytes = 0
  /** Batches until the table of a full log is written; undefined where none is due. */
  #flushIn: number | undefined
  #loaded = false

  constructor(folder: SimLevelFolder, options: SimLevelOptions = {}) {
    const { logBytesMax = 64 * 1024, around = (_effect, run) => run(), ...encodings } = options
    super({
      storeEncoding: 'view',
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      ...encodings,
    } as never)
    // What is deleted leaves its bytes here, as in a database on a disk.
    Object.assign(this.supports, { permanence: true })
    this.folder = folder
    this.#logBytesMax = logBytesMax
    this.#around = around
  }

  async _open(): Promise<void> {
    if (this.folder.locked)
      throw Object.assign(new Error('another handle has the folder open'), { code: 'LEVEL_LOCKED' })
    if (this.folder.lsm.isRefused)
      throw Object.assign(new Error('a table is missing'), { code: 'LEVEL_CORRUPTION' })
    this.folder.locked = true
    this.folder.lsm.recover()
    if (this.#loaded) return
    this.#loaded = true
    const stored = this.folder.lsm.view().map(
      ([key, value]): Operation => ({
        type: 'put',
        key: Buffer.from(key, 'latin1'),
        value,
      }),
    )
    await memory._batch.call(this, stored, {})
  }

  async _close(): Promise<void> {
    this.folder.locked = false
  }

  async _put(key: Uint8Array, value: Uint8Array, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'put', key, value }], options)
  }

  async _del(key: Uint8Array, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'del', key }], options)
  }

  _batch(operations: readonly Operation[], options: WriteOptions): Promise<void> {
    return this.#around('batch', () => this.#write(operations, options))
  }

  async #write(operations: readonly Operation[], options: WriteOptions): Promise<void> {
    const { lsm } = this.folder
    // The table of a full log is written some time after the batch that came behind it.
    if (this.#flushIn === 0) lsm.flush(false)
    this.#flushIn = this.#flushIn === 1 ? 0 : undefined
    lsm.append(
      operations.map((operation) => ({
        key: Buffer.from(operation.key).toString('latin1'),
        value: operation.type === 'put' ? Uint8Array.from(operation.value) : undefined,
      })),
      options.sync === true,
    )
    for (const operation of operations) {
      this.#logBytes += operation.key.length
      if (operation.type === 'put') this.#logBytes += operation.value.length
    }
    if (this.#logBytes > this.#logBytesMax) {
      lsm.switchLog()
      this.#logBytes = 0
      this.#flushIn = 1
    }
    await memory._batch.call(this, operations, options)
  }

  async _clear(options: object): Promise<void> {
    const before = this.folder.lsm.view()
    await memory._clear.call(this, options)
    const left = new Set<string>()
    for (const key of await this.keys({ keyEncoding: 'view' }).all())
      left.add(Buffer.from(key as Uint8Array).toString('latin1'))
    const gone = before.filter(([key]) => !left.has(key))
    this.folder.lsm.append(
      gone.map(([key]) => ({ key, value: undefined })),
      false,
    )
  }

  _iterator(options: object): Closing {
    return this.#pinned(memory._iterator.call(this, options))
  }

  _keys(options: object): Closing {
    return this.#pinned(memory._keys.call(this, options))
  }

  _values(options: object): Closing {
    return this.#pinned(memory._values.call(this, options))
  }

  _snapshot(options: object): Closing {
    return this.#pinned(memory._snapshot.call(this, options))
  }

  /** As classic-level has it: the bounds are keys, both inside. */
  async compactRange(from: K, to: K): Promise<void> {
    const [start, end] = [from, to].map((key) => Buffer.from(this.#encoded(key)).toString('latin1'))
    for (const step of this.folder.lsm.compaction({ from: start!, to: end! })) {
      await this.#around('compact', async () => step())
      this.#logBytes = 0
      this.#flushIn = undefined
    }
  }

  /** As classic-level has it, for `leveldb.sstables`; any other property is empty. */
  getProperty(property: string): string {
    if (property !== 'leveldb.sstables') return ''
    return this.folder.lsm.levels
      .map((tables, level) =>
        [
          `--- level ${level} ---`,
          ...tables.map(({ number, entries }) => {
            const bound = (entry: (typeof entries)[number] | undefined): string =>
              `'${escaped(entry?.key ?? '')}' @ ${entry?.sequence} : ${entry?.value ? 1 : 0}`
            return ` ${number}:${entries.length}[${bound(entries[0])} .. ${bound(entries.at(-1))}]`
          }),
        ].join('\n'),
      )
      .join('\n')
  }

  #encoded(key: K): Uint8Array {
    return this.keyEncoding().encode(key) as Uint8Array
  }

  #pinned<T extends Closing>(resource: T): T {
    const unpin = this.folder.lsm.pin()
    const close = resource._close
    resource._close = async function (this: T) {
      await close?.call(this)
      unpin()
    }
    return resource
  }
}

/** LevelDB shows bytes outside of printable ASCII as \xNN. */
const escaped = (key: string): string =>
  key.replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
