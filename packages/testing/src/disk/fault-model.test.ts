// The fault model once more, as a list of what a disk may do, written the slow and obvious way. After random histories
// `crashStates` must give exactly what this permits: nothing less, or an engine is not tested; nothing more, or it is
// asked for what no disk does.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crashStateCount, crashStates } from './crash-states.js'
import { contentOf, type Inode, SECTOR_BYTES } from './inode.js'
import { SimDisk } from './sim-disk.js'

type Step =
  | {
      readonly do: 'write'
      readonly file: string
      readonly at: number
      readonly bytes: number
      readonly text: string
    }
  | { readonly do: 'truncate'; readonly file: string; readonly length: number }
  | { readonly do: 'sync'; readonly file: string }
  | { readonly do: 'create'; readonly file: string }
  | { readonly do: 'unlink'; readonly file: string }
  | { readonly do: 'rename'; readonly file: string; readonly to: string }
  | { readonly do: 'link'; readonly file: string; readonly to: string }
  | { readonly do: 'syncFolder'; readonly folder: string }

const FOLDERS = ['/x', '/y']
const FILES = ['/x/a', '/x/b', '/y/a']
/** Histories that lead to more are left alone: the slow way would take too long. */
const STATES_MAX = 400

const file = fc.constantFrom(...FILES)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      file,
      at: fc.constantFrom(0, 3, SECTOR_BYTES),
      bytes: fc.constantFrom(1, 4, SECTOR_BYTES + 1),
      text: fc.constantFrom('1', '2', '3'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('truncate' as const),
      file,
      length: fc.constantFrom(0, 2, SECTOR_BYTES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const), file }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create' as const), file }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlink' as const), file }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), file, to: file }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('link' as const), file, to: file }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('syncFolder' as const),
      folder: fc.constantFrom(...FOLDERS),
    }),
  },
)
const history = fc
  .array(step, { minLength: 4, maxLength: 12 })
  .map((steps): Step[] => [{ do: 'create', file: '/x/a' }, ...steps])

async function run(disk: SimDisk, one: Step): Promise<void> {
  if (one.do === 'syncFolder') return disk.syncFolder(one.folder)
  if (one.do === 'create') return (await disk.create(one.file))?.close()
  if (one.do === 'unlink') return void (await disk.unlink(one.file))
  if (one.do === 'rename' || one.do === 'link') {
    if (await disk.stat(one.file)) await disk[one.do](one.file, one.to)
    return
  }
  const file = await disk.openWrite(one.file)
  if (one.do === 'sync') await file?.sync()
  else if (one.do === 'truncate') await file?.truncate(one.length)
  else await file?.write(one.at, Buffer.from(one.text.repeat(one.bytes)))
  await file?.close()
}

async function newDisk(): Promise<SimDisk> {
  const disk = new SimDisk()
  for (const folder of FOLDERS) await disk.makeFolder(folder)
  await disk.syncFolder('/')
  return disk
}

/** Paths with their contents; two names of one file share its number. */
function treeOf(disk: SimDisk): string {
  const numbers = new Map<Inode, number>()
  const words: string[] = []
  const visit = (inode: Inode, place: string): void => {
    if (inode.kind === 'file') {
      numbers.set(inode, numbers.get(inode) ?? numbers.size)
      const content = Buffer.from(contentOf(inode)).toString('latin1')
      words.push(`${place} #${numbers.get(inode)} ${content}`)
      return
    }
    for (const name of [...inode.entries.keys()].sort()) {
      visit(inode.entries.get(name)!, `${place}/${name}`)
    }
  }
  visit(disk.root, '')
  return words.join('\n')
}

const treesOf = (disk: SimDisk, limit: number, seed = 1): Set<string> =>
  new Set([...crashStates(disk, { limit, seed })].map(treeOf))

/** What is permitted, told from the history alone. */
class Permitted {
  /** Every content that a file had since its last sync, the durable one first. */
  readonly #contents: string[][] = []
  /** Names as they are, and as they are durable. */
  readonly #names = new Map<string, number>()
  readonly #durable = new Map<string, number>()
  /** Changes of names since, each a list of what it does. */
  #changes: { readonly path: string; readonly file: number | undefined }[][] = []

  run(one: Step): void {
    const file = one.do === 'syncFolder' ? undefined : this.#names.get(one.file)
    if (one.do === 'syncFolder') this.#syncFolder(one.folder)
    else if (file !== undefined) this.#runOn(file, one)
    else if (one.do === 'create') {
      this.#contents.push([''])
      this.#change([{ path: one.file, file: this.#contents.length - 1 }])
    }
  }

  #runOn(file: number, one: Exclude<Step, { readonly do: 'syncFolder' }>): void {
    const versions = this.#contents[file]!
    const content = versions.at(-1)!
    if (one.do === 'sync') this.#contents[file] = [content]
    else if (one.do === 'truncate') {
      versions.push(content.slice(0, one.length).padEnd(one.length, '\0'))
    } else if (one.do === 'write') {
      const before = content.padEnd(one.at, '\0')
      const text = one.text.repeat(one.bytes)
      versions.push(before.slice(0, one.at) + text + before.slice(one.at + text.length))
    } else if (one.do === 'unlink') this.#change([{ path: one.file, file: undefined }])
    else if (one.do === 'link') {
      if (!this.#names.has(one.to)) this.#change([{ path: one.to, file }])
    } else if (one.do === 'rename' && this.#names.get(one.to) !== file) {
      this.#change([
        { path: one.file, file: undefined },
        { path: one.to, file },
      ])
    }
  }

  #change(change: { readonly path: string; readonly file: number | undefined }[]): void {
    this.#changes.push(change)
    for (const { path, file } of change) {
      if (file === undefined) this.#names.delete(path)
      else this.#names.set(path, file)
    }
  }

  /** Durable becomes what was done in the folder, and whatever came before that at the same names. */
  #syncFolder(folder: string): void {
    const synced = new Set<number>()
    for (let index = this.#changes.length - 1; index >= 0; index -= 1) {
      const change = this.#changes[index]!
      const isInFolder = change.some(({ path }) => path.startsWith(`${folder}/`))
      const isNeeded = [...synced].some((later) => this.#shareName(index, later))
      if (isInFolder || isNeeded) synced.add(index)
    }
    for (const [index, change] of this.#changes.entries()) {
      if (synced.has(index)) for (const one of change) setName(this.#durable, one)
    }
    this.#changes = this.#changes.filter((_, index) => !synced.has(index))
  }

  #shareName(one: number, other: number): boolean {
    return this.#changes[one]!.some(({ path }) =>
      this.#changes[other]!.some((later) => later.path === path),
    )
  }

  trees(): Set<string> {
    const trees = new Set<string>()
    for (const names of this.#nameSets()) {
      const files = [...new Set(names.values())]
      for (const contents of product(files.map((file) => contentsAfter(this.#contents[file]!)))) {
        trees.add(treeText(names, new Map(files.map((file, index) => [file, contents[index]!]))))
      }
    }
    return trees
  }

  /** Each change happened or did not; of those at one name, none without the earlier ones. */
  *#nameSets(): Generator<ReadonlyMap<string, number>> {
    for (let bits = 0; bits < 2 ** this.#changes.length; bits += 1) {
      const happened = (index: number): boolean => (bits & (1 << index)) !== 0
      const isPossible = this.#changes.every(
        (_, later) =>
          !happened(later) ||
          this.#changes.every(
            (__, earlier) =>
              earlier >= later || happened(earlier) || !this.#shareName(earlier, later),
          ),
      )
      if (!isPossible) continue
      const names = new Map(this.#durable)
      for (const [index, change] of this.#changes.entries()) {
        if (happened(index)) for (const one of change) setName(names, one)
      }
      yield names
    }
  }
}

function setName(
  names: Map<string, number>,
  { path, file }: { readonly path: string; readonly file: number | undefined },
): void {
  if (file === undefined) names.delete(path)
  else names.set(path, file)
}

/** Any length of any version, or a cut between sectors behind the durable end; each sector in any version. */
function contentsAfter(versions: readonly string[]): string[] {
  if (versions.length === 1) return [versions[0]!]
  const longest = Math.max(...versions.map((version) => version.length))
  const lengths = new Set(versions.map((version) => version.length))
  for (let end = SECTOR_BYTES; end < longest; end += SECTOR_BYTES) {
    if (end > versions[0]!.length) lengths.add(end)
  }
  const found = new Set<string>()
  const sectors = Math.ceil(longest / SECTOR_BYTES)
  const padded = versions.map((version) => version.padEnd(sectors * SECTOR_BYTES, '\0'))
  const choices = Array.from({ length: sectors }, (_, sector) =>
    padded.map((text) => text.slice(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES)),
  )
  for (const pieces of product(choices)) {
    for (const length of lengths) found.add(pieces.join('').slice(0, length))
  }
  return [...found]
}

function product<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (tuples, list) => tuples.flatMap((tuple) => list.map((one) => [...tuple, one])),
    [[]],
  )
}

function treeText(names: ReadonlyMap<string, number>, contents: ReadonlyMap<number, string>) {
  const numbers = new Map<number, number>()
  return [...names.keys()]
    .sort()
    .map((place) => {
      const file = names.get(place)!
      numbers.set(file, numbers.get(file) ?? numbers.size)
      return `${place} #${numbers.get(file)} ${contents.get(file)}`
    })
    .join('\n')
}

describe('after a random history', () => {
  it('a disk comes back in every state that the model permits, and in no other', async () => {
    let compared = 0
    let states = 0
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const disk = await newDisk()
        const permitted = new Permitted()
        for (const one of steps) {
          await run(disk, one)
          permitted.run(one)
        }
        if (crashStateCount(disk) > STATES_MAX) return
        const trees = treesOf(disk, STATES_MAX)
        expect(trees).toEqual(permitted.trees())
        compared += 1
        states += trees.size
      }),
      { numRuns: 250 },
    )
    expect(compared).toBeGreaterThan(120)
    expect(states).toBeGreaterThan(1_000)
  })

  it('a sample is part of that, with what is durable and what was there in it', async () => {
    let sampled = 0
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (steps, seed) => {
        const disk = await newDisk()
        for (const one of steps) await run(disk, one)
        const count = crashStateCount(disk)
        if (count < 8 || count > STATES_MAX) return
        const all = [...treesOf(disk, STATES_MAX)]
        const some = treesOf(disk, 5, seed)
        expect(some.size).toBeLessThanOrEqual(5)
        expect(all).toEqual(expect.arrayContaining([...some]))
        expect(some).toContain(treeOf(disk))
        expect(some).toContain(all[0])
        sampled += 1
      }),
      { numRuns: 250 },
    )
    expect(sampled).toBeGreaterThan(30)
  })

  it('without a sync, what was there at any instant may come back', async () => {
    let looked = 0
    await fc.assert(
      fc.asyncProperty(
        history.map((steps) => steps.filter((one) => !one.do.startsWith('sync'))),
        async (steps) => {
          const disk = await newDisk()
          const passed = [treeOf(disk)]
          for (const one of steps) {
            await run(disk, one)
            passed.push(treeOf(disk))
          }
          if (crashStateCount(disk, 4_000) > 4_000) return
          const trees = [...treesOf(disk, 4_000)]
          expect(trees).toEqual(expect.arrayContaining(passed))
          looked += new Set(passed).size
        },
      ),
      { numRuns: 200 },
    )
    expect(looked).toBeGreaterThan(200)
  })
})
