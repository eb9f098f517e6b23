// A store of threads as many write one in an afternoon: a file of lines for each thread, and an index with their names and
// with who is dead. A batch is one line, so that it is there or not. What was read once is kept in memory.

import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { type Disk, readWhole } from '@cenotaph/storage'
import type { BasicThreadStore, ItemLike, ReadItem } from '@cenotaph/testing'
import type { Writing } from './writing.js'

interface Thread {
  name: string | null
  readonly items: ItemLike[]
}

export class JsonlError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export class JsonlStore implements BasicThreadStore {
  readonly #disk: Disk
  readonly #root: string
  readonly #writing: Writing
  readonly #threads = new Map<string, Thread>()
  readonly #dead = new Set<string>()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(disk: Disk, root: string, writing: Writing) {
    this.#disk = disk
    this.#root = root
    this.#writing = writing
  }

  static async open(disk: Disk, root: string, writing: Writing): Promise<JsonlStore> {
    const store = new JsonlStore(disk, root, writing)
    await store.#load()
    return store
  }

  createThread({ threadId = randomUUID(), name = null }: NewThread = {}): Promise<string> {
    return this.#inTurn(async () => {
      this.#refuseDead(threadId)
      if (this.#threads.has(threadId)) throw new JsonlError('THREAD_EXISTS')
      await this.#writeIndex([...this.#names(), [threadId, name]], [...this.#dead])
      this.#threads.set(threadId, { name, items: [] })
      return threadId
    })
  }

  appendItems(threadId: string, items: readonly ItemLike[]) {
    return this.#inTurn(async () => {
      const thread = this.#thread(threadId)
      const line = lineOf(items)
      if (items.length > 0) await this.#writing.append(this.#disk, this.#fileOf(threadId), line)
      const firstOrdinal = thread.items.length
      // Readers get what was written, whatever the caller does to its objects.
      thread.items.push(...itemsIn(line))
      return { written: items.length, firstOrdinal, lastOrdinal: thread.items.length - 1 }
    })
  }

  renameThread(threadId: string, name: string): Promise<void> {
    return this.#inTurn(async () => {
      const thread = this.#thread(threadId)
      const names = this.#names().map(([id, old]) => [id, id === threadId ? name : old] as const)
      await this.#writeIndex(names, [...this.#dead])
      thread.name = name
    })
  }

  deleteThreads(given: readonly string[]) {
    return this.#inTurn(async () => {
      const threadIds = [...new Set(given)].filter((id) => !this.#dead.has(id))
      for (const id of threadIds) this.#thread(id)
      const left = this.#names().filter(([id]) => !threadIds.includes(id))
      await this.#writeIndex(left, [...this.#dead, ...threadIds])
      for (const id of threadIds) {
        await this.#writing.remove(this.#disk, this.#fileOf(id))
        this.#threads.delete(id)
        this.#dead.add(id)
      }
      return { state: 'deleted', threadIds }
    })
  }

  async readThread(threadId: string) {
    this.#refuseDead(threadId)
    const thread = this.#threads.get(threadId)
    return thread && { name: thread.name, state: 'active' }
  }

  async *listItems(
    threadId: string,
    { from = 0, limit = Number.POSITIVE_INFINITY, reverse = false }: Range = {},
  ): AsyncGenerator<ReadItem> {
    const items = this.#thread(threadId).items.map((item, ordinal) => ({ ...item, ordinal }))
    const wanted = items.slice(from)
    yield* (reverse ? wanted.reverse() : wanted).slice(0, limit)
  }

  async listThreads({ archived = false }: { readonly archived?: boolean } = {}) {
    const threads = archived ? [] : [...this.#threads.keys()].map((threadId) => ({ threadId }))
    return { threads, nextCursor: null }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#turn
  }

  async #load(): Promise<void> {
    await this.#writing.makeFolder(this.#disk, path.join(this.#root, 'threads'))
    const index = await readWhole(this.#disk, this.#indexFile)
    if (!index) return
    const { threads, dead } = JSON.parse(Buffer.from(index).toString()) as Index
    for (const id of dead) {
      this.#dead.add(id)
      await this.#writing.remove(this.#disk, this.#fileOf(id))
    }
    for (const [id, name] of threads)
      this.#threads.set(id, { name, items: await this.#readItems(id) })
  }

  /** What a crash left of a line is cut off. */
  async #readItems(id: string): Promise<ItemLike[]> {
    const bytes = Buffer.from((await readWhole(this.#disk, this.#fileOf(id))) ?? [])
    const items: ItemLike[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      try {
        items.push(...itemsIn(bytes.subarray(start, end)))
      } catch {
        break
      }
      start = end + 1
    }
    if (start < bytes.length) await this.#writing.cut(this.#disk, this.#fileOf(id), start)
    return items
  }

  get #indexFile(): string {
    return path.join(this.#root, 'index.json')
  }

  #fileOf(id: string): string {
    return path.join(this.#root, 'threads', `${id}.jsonl`)
  }

  #names(): (readonly [id: string, name: string | null])[] {
    return [...this.#threads].map(([id, { name }]) => [id, name])
  }

  async #writeIndex(threads: Index['threads'], dead: Index['dead']): Promise<void> {
    const index: Index = { threads, dead }
    await this.#writing.replace(this.#disk, this.#indexFile, Buffer.from(JSON.stringify(index)))
  }

  #thread(id: string): Thread {
    this.#refuseDead(id)
    const thread = this.#threads.get(id)
    if (!thread) throw new JsonlError('THREAD_NOT_FOUND')
    return thread
  }

  #refuseDead(id: string): void {
    if (this.#dead.has(id)) throw new JsonlError('THREAD_DELETED')
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(run)
    this.#turn = result.catch(() => {})
    return result
  }
}

interface NewThread {
  readonly threadId?: string
  readonly name?: string | null
}

interface Range {
  readonly from?: number
  readonly limit?: number
  readonly reverse?: boolean
}

interface Index {
  readonly threads: readonly (readonly [id: string, name: string | null])[]
  readonly dead: readonly string[]
}

function lineOf(items: readonly ItemLike[]): Buffer {
  const isItem = ({ type, payload }: ItemLike): boolean =>
    type !== '' && typeof payload === 'object' && payload !== null
  if (!items.every(isItem)) throw new JsonlError('ITEM_INVALID')
  try {
    return Buffer.from(`${JSON.stringify(items)}\n`)
  } catch {
    throw new JsonlError('ITEM_INVALID')
  }
}

const itemsIn = (line: Buffer): ItemLike[] => JSON.parse(line.toString())
