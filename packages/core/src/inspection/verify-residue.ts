// The search for what deleted threads may have left, without knowing their texts: by structure. It reads every byte
// under the root:
//
//   LevelDB's logs and tables    every write that is physically there, live or not: a value of a dead thread, the path of
//                                a directory that no thread has any more, an append group with lines of a dead thread
//   names                        a file that is called after a dead thread
//   every other file             the id of a dead thread, in plain text or inside zstd frames
//
// Rollouts of living threads may name the dead: a fork tells where it comes from. Those are counted as shared. Receipts
// and tombstones name them by intention. Deletes that are still at work are not judged.

import path from 'node:path'
import { holdsEntries, levelEntries, partsOfGroup } from '@cenotaph/journal'
import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { breathe, isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { listQuarantine } from '../erasure/quarantine.js'
import { readEveryFile } from '../files/read-every-file.js'
import { openSource } from '../files/rollout-sources.js'
import { isReceiptName } from '../proof/index.js'
import { ownerOfKey } from '../threads/thread-row.js'
import { filesUnder } from './residue-files.js'
import type { Problem } from './verify-store.js'

export interface ResidueReport {
  readonly problems: readonly Problem[]
  /** Files and bytes that were read. */
  readonly files: number
  readonly bytes: number
  /** Files of the living that name a deleted thread. */
  readonly shared: number
  /** Names in the root that are not the store's, and were not read. */
  readonly notSearched: readonly string[]
}

const CHUNK_BYTES = 256 * 1024
const UUID_CHARACTERS = 36
const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

/** Waited for between reads, with the bytes that were read; what it throws ends the search. */
export type Pace = (bytes?: number) => Promise<void>

export async function verifyResidue(
  context: StoreContext,
  pace: Pace = breathe,
): Promise<ResidueReport> {
  const search = new ResidueSearch(context, pace)
  let foreign: readonly string[] = []
  const list = async (): Promise<readonly string[]> => {
    const under = await filesUnder(context.disk, context.layout)
    foreign = under.foreign
    return under.files
  }
  await readEveryFile(context.disk, list, async (file) => {
    const bytes = await search.look(file)
    await pace()
    return bytes
  })
  return search.report(foreign)
}

class ResidueSearch {
  readonly #context: StoreContext
  readonly #pace: Pace
  readonly #isSettled: (id: string) => boolean
  readonly #deadAtFirst: number
  readonly #problems: Problem[] = []
  /** Told at the end, if no delete was at work while they were read: it takes a directory along rightly. */
  readonly #directories: Problem[] = []
  #files = 0
  #bytes = 0
  #shared = 0

  constructor(context: StoreContext, pace: Pace) {
    this.#context = context
    this.#pace = pace
    this.#isSettled = settledBefore(context)
    this.#deadAtFirst = context.dead.size
  }

  report(notSearched: readonly string[]): ResidueReport {
    const { openOperations } = this.#context
    const isQuiet =
      this.#context.dead.size === this.#deadAtFirst &&
      openOperations.all().every(({ kind }) => kind !== 'delete')
    const problems = isQuiet ? [...this.#problems, ...this.#directories] : this.#problems
    return { problems, files: this.#files, bytes: this.#bytes, shared: this.#shared, notSearched }
  }

  /** Bytes of the file; undefined where it is gone. */
  async look(file: string): Promise<number | undefined> {
    const name = path.basename(file)
    for (const id of this.#deadIn(name))
      this.#found(file, id, 'its name is that of a deleted thread')
    const stat = await this.#context.disk.stat(file)
    if (!stat) return undefined
    if (holdsEntries(name)) await this.#lookAtLevel(file)
    else await this.#lookAtText(file)
    // A table that was gone before it could be opened is in another one now.
    if (holdsEntries(name) && !(await this.#context.disk.stat(file))) return undefined
    this.#files += 1
    this.#bytes += stat.bytes
    return stat.bytes
  }

  /** One problem for each thread and file. */
  async #lookAtLevel(file: string): Promise<void> {
    const threads = new Set<ThreadId>()
    let directories = 0
    let readBytes = 0
    for await (const { key, value } of levelEntries(this.#context.disk, file)) {
      if (value === undefined || value.length === 0) continue
      readBytes += value.length
      if (readBytes >= CHUNK_BYTES) {
        await this.#pace(readBytes)
        readBytes = 0
      }
      const owner = ownerOfKey(key)
      const owners = owner ? [owner] : partsOfGroup(key, value).map(({ subject }) => subject)
      for (const one of owners) if (this.#isSettled(one)) threads.add(one as ThreadId)
      if (this.#isForgotten(key)) directories += 1
    }
    for (const id of threads) this.#found(file, id, 'it holds values of a deleted thread')
    if (directories === 0) return
    const detail = `${this.#place(file)}: ${directories} paths of erased directories`
    this.#directories.push({ code: 'RESIDUE_FOUND', threadId: null, detail })
  }

  #isForgotten(key: string): boolean {
    if (!key.startsWith('h/')) return false
    return !this.#context.directories.has(key.slice(2))
  }

  async #lookAtText(file: string): Promise<void> {
    if (this.#mayName(file)) return
    const ids = await this.#idsIn(file)
    if (ids.size === 0) return
    if (await this.#isLiving(file)) {
      this.#shared += 1
      return
    }
    // What an operation had staged, or LevelDB replaced, may be gone by now.
    if (!(await this.#context.disk.stat(file))) return
    for (const id of ids) this.#found(file, id, 'it names a deleted thread')
  }

  /** Receipts and tombstones tell of the dead, and LevelDB's LOG and MANIFEST hold keys. No text of theirs is there. */
  #mayName(file: string): boolean {
    const { layout } = this.#context
    return (
      (path.dirname(file) === layout.receiptsFolder && isReceiptName(path.basename(file))) ||
      path.dirname(file) === layout.levelFolder ||
      file === layout.tombstonesPath ||
      file === layout.ballastPath
    )
  }

  async #idsIn(file: string): Promise<Set<ThreadId>> {
    const ids = new Set<ThreadId>()
    try {
      const isCompressed = file.endsWith('.zst')
      const source = isCompressed
        ? await openSource(this.#context, file)
        : await this.#context.disk.openRead(file)
      if (!source) return ids
      try {
        let kept = ''
        for (let offset = 0; ; ) {
          const chunk = await source.read(offset, CHUNK_BYTES)
          if (chunk.length === 0) break
          offset += chunk.length
          const text = kept + Buffer.from(chunk).toString('latin1')
          for (const id of this.#deadIn(text)) ids.add(id)
          kept = text.slice(-(UUID_CHARACTERS - 1))
          await this.#pace(chunk.length)
        }
      } finally {
        await source.close()
      }
    } catch (error) {
      const isUnreadable = isStoreError(error) && error.code !== 'STORE_CLOSED'
      if (!isUnreadable) throw error
      this.#problems.push({
        code: 'RESIDUE_UNSEARCHED',
        threadId: null,
        detail: `${this.#place(file)} cannot be read: ${error.code}`,
      })
    }
    return ids
  }

  /** A rollout of a living thread, or bytes of one that were set aside or staged. */
  async #isLiving(file: string): Promise<boolean> {
    const { layout, threads, dead } = this.#context
    if (path.dirname(file) === layout.stagingFolder) return this.#isUnderWay(file)
    if (path.dirname(file) === layout.quarantineFolder) return this.#isOfTheLiving(file)
    const owner = /rollout-.*?-([0-9a-f-]{36})[._]/.exec(path.basename(file))?.[1]
    const id = owner === undefined ? undefined : parseThreadId(owner)
    return id !== undefined && !dead.has(id) && (await threads.load(id)) !== undefined
  }

  #isUnderWay(file: string): boolean {
    const open = this.#context.openOperations.all()
    return open.some(({ id }) => path.basename(file).startsWith(id))
  }

  async #isOfTheLiving(file: string): Promise<boolean> {
    const piece = (await listQuarantine(this.#context)).find(({ names }) => names.includes(file))
    const owners = piece?.report?.owners ?? []
    return owners.length > 0 && !owners.some((id) => this.#context.dead.has(id as ThreadId))
  }

  #deadIn(text: string): ThreadId[] {
    const found = text.match(uuids) ?? []
    return [...new Set(found.map((id) => id.toLowerCase()))].filter((id) =>
      this.#isSettled(id),
    ) as ThreadId[]
  }

  #found(file: string, threadId: ThreadId | null, what: string): void {
    const detail = `${this.#place(file)}: ${what}`
    this.#problems.push({ code: 'RESIDUE_FOUND', threadId, detail })
  }

  /** A name that the engine gave, without what a path outside of the root would tell. */
  #place(file: string): string {
    return path.relative(this.#context.layout.root, file)
  }
}

/** Threads whose delete was done when the search began: what is deleted meanwhile was rightly there when it was read. */
function settledBefore({ dead, openOperations }: StoreContext): (id: string) => boolean {
  const open = new Set<string>(openOperations.all().map(({ id }) => id))
  const settled = new Set<string>()
  for (const id of dead.ids()) if (!open.has(dead.receiptOf(id) ?? '')) settled.add(id)
  return (id) => settled.has(id)
}
