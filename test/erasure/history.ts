// One random history: a store, its model, and operations that are applied to both.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { expect } from 'vitest'
import { Canaries, type Random, seededRandom } from '../support/canary.js'
import { writeCompressedSource, writeSource } from '../support/rollout-source.js'
import { message, testId } from '../support/thread-ids.js'
import { type Checked, checkStore } from './check-history.js'
import { type ForksMode, Model, type ModelThread } from './model.js'

export const historyOptions = {
  ballastBytes: 4096,
  quietMs: 3_600_000,
  bufferedMs: 3_600_000,
  // Low, so that appends by reference are as frequent as the others.
  referenceBytesMin: 3_000,
} as const

export interface Tally {
  deletes: number
  deadThreads: number
  refusals: number
  detached: number
  checks: Checked[]
}

export class History {
  readonly root: string
  readonly model = new Model()
  readonly canaries: Canaries
  readonly random: Random
  readonly tally: Tally = { deletes: 0, deadThreads: 0, refusals: 0, detached: 0, checks: [] }
  readonly #sources: string
  #store: ThreadStore | undefined
  #ids = 0

  constructor(folder: string, seed: number) {
    this.root = path.join(folder, 'root')
    this.#sources = path.join(folder, 'sources')
    mkdirSync(this.root, { recursive: true })
    this.random = seededRandom(seed)
    this.canaries = new Canaries(this.random)
  }

  get store(): ThreadStore {
    if (!this.#store) throw new Error('the store of this history is closed')
    return this.#store
  }

  async open(): Promise<void> {
    this.#store = await openThreadStore(this.root, historyOptions)
  }

  async close(): Promise<void> {
    await this.#store?.close()
    this.#store = undefined
  }

  below(n: number): number {
    return Math.floor(this.random() * n)
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)]
  }

  newId(): string {
    this.#ids += 1
    return testId(this.#ids)
  }

  /** A text with a canary in front, and one at the end of a long one. */
  text(): string {
    const size = this.random()
    if (size < 0.7) return `${this.canaries.next()} short`
    const filler = 'filler '.repeat(this.below(size < 0.93 ? 300 : 7_000))
    return `${this.canaries.next()} ${filler}${this.canaries.next()}`
  }

  async create(): Promise<void> {
    const parent = this.random() < 0.3 ? this.#active() : undefined
    const thread = this.#newThread({
      name: this.random() < 0.7 ? this.canaries.next() : null,
      cwd: this.#directory(),
      instructions: this.canaries.next(),
      parent: parent?.id ?? null,
      nextOrdinal: 1,
    })
    await this.store.createThread({
      threadId: thread.id,
      cwd: thread.cwd,
      ...(thread.name === null ? {} : { name: thread.name }),
      ...(parent ? { parentThreadId: parent.id } : {}),
      meta: { base_instructions: { text: thread.instructions } },
    })
    this.model.add(thread)
  }

  async append(): Promise<void> {
    const thread = this.#active()
    if (!thread) return
    const texts = Array.from({ length: 1 + this.below(3) }, () => this.text())
    const buffered = this.random() < 0.25
    await this.store.appendItems(thread.id, texts.map(message), {
      expectedOrdinal: thread.nextOrdinal,
      durability: buffered ? 'buffered' : 'durable',
    })
    this.appended(thread, texts)
    if (buffered && this.random() < 0.3) await this.store.flush(thread.id)
  }

  /** Tells the model of an append that has happened. */
  appended(thread: ModelThread, texts: readonly string[]): void {
    const first = thread.nextOrdinal
    thread.items = [
      ...thread.items,
      ...texts.map((text, index) => ({ ordinal: first + index, text })),
    ]
    thread.nextOrdinal += texts.length
    thread.compressed = false
    thread.source = null
  }

  async rename(): Promise<void> {
    const thread = this.pick(this.model.living)
    if (!thread) return
    const name = this.canaries.next()
    await this.store.renameThread(thread.id, name)
    if (thread.name !== null) thread.formerNames.push(thread.name)
    thread.name = name
  }

  async fork(copy: boolean): Promise<void> {
    const base = this.#active()
    if (!base) return
    const end = this.random() < 0.4 ? base.nextOrdinal : 1 + this.below(base.nextOrdinal)
    const name = this.random() < 0.3 ? this.canaries.next() : base.name
    const thread = this.#newThread({
      name,
      cwd: base.cwd,
      instructions: base.instructions,
      items: base.items.filter(({ ordinal }) => ordinal < end),
      nextOrdinal: copy ? end : end + 1,
      forkedFrom: base.id,
      base: copy ? null : this.model.baseAt(base.id, end),
    })
    const result = await this.store.forkThread(base.id, {
      newThreadId: thread.id,
      copy,
      ...(end === base.nextOrdinal ? {} : { throughOrdinal: end - 1 }),
      ...(name === base.name || name === null ? {} : { name }),
    })
    expect(result.kind).toBe(copy ? 'copy' : 'reference')
    this.model.add(thread)
  }

  async archive(archived: boolean): Promise<void> {
    const thread = this.pick(this.model.living.filter((one) => one.archived !== archived))
    if (!thread) return
    await (archived
      ? this.store.archiveThreads([thread.id])
      : this.store.unarchiveThreads([thread.id]))
    for (const id of this.model.tree([thread.id])) this.model.get(id).archived = archived
  }

  async import(compressed: boolean): Promise<void> {
    const texts = Array.from({ length: 1 + this.below(3) }, () => this.text())
    const thread = this.#newThread({
      name: null,
      cwd: this.#directory(),
      items: texts.map((text, index) => ({ ordinal: index + 1, text })),
      nextOrdinal: texts.length + 1,
      compressed,
      source: texts,
    })
    await this.#importFile(thread, texts, compressed)
    this.model.add(thread)
  }

  async importExtension(): Promise<void> {
    const thread = this.pick(this.model.living.filter((one) => one.source && !one.compressed))
    if (!thread?.source) return
    const texts = [this.text(), this.text()]
    const source = [...thread.source, ...texts]
    await this.#importFile(thread, source, false)
    this.appended(thread, texts)
    thread.source = source
  }

  async #importFile(
    { id, cwd }: ModelThread,
    messages: readonly string[],
    compressed: boolean,
  ): Promise<void> {
    const options = { threadId: id, cwd, messages }
    const write = compressed ? writeCompressedSource : writeSource
    const report = await this.store.importRollouts([await write(this.#sources, options)])
    expect(report).toMatchObject({ imported: [{ threadId: id }], skipped: [], damaged: [] })
  }

  /** A page of a list and a part of a history: a reader that stops in the middle. */
  async read(): Promise<void> {
    const page = await this.store.listThreads({ limit: 3 })
    const thread = page.threads[0]
    if (!thread) return
    for await (const _item of this.store.listItems(thread.threadId)) break
  }

  async reopen(): Promise<void> {
    if (this.random() < 0.5) return this.store.reopen()
    await this.close()
    await this.open()
  }

  /** Tells the model and the tally of a delete that has happened. */
  deleted(set: ReadonlySet<string>, forks: ForksMode): void {
    if (forks === 'detach') {
      this.tally.detached += this.model.living.filter(
        ({ id, base }) => !set.has(id) && set.has(base?.owner ?? ''),
      ).length
    }
    this.model.kill(set)
    this.tally.deletes += 1
    this.tally.deadThreads += set.size
  }

  async check(): Promise<void> {
    await this.store.flush()
    const { root, store, model, canaries } = this
    this.tally.checks.push(await checkStore(root, store, model, canaries.tokens))
  }

  #active(): ModelThread | undefined {
    return this.pick(this.model.living.filter(({ archived }) => !archived))
  }

  /** One in three directories is shared with another thread. */
  #directory(): string {
    const shared = this.random() < 0.33 ? this.pick(this.model.living) : undefined
    return shared?.cwd ?? `/work/${this.canaries.next()}`
  }

  #newThread(facts: Pick<ModelThread, 'name' | 'cwd' | 'nextOrdinal'> & Partial<ModelThread>) {
    return {
      id: this.newId(),
      formerNames: [],
      instructions: null,
      items: [],
      archived: false,
      compressed: false,
      parent: null,
      forkedFrom: null,
      base: null,
      source: null,
      ...facts,
    } satisfies ModelThread
  }
}
