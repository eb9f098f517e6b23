// What LevelDB keeps on its disk, as a model: logs with batches, tables on seven levels, and the rules by which an entry
// moves and goes. It is what makes "deleted" and "gone" two things. Measured on LevelDB 1.20 through classic-level 3:
//
//   - a flush writes every entry of the log into one table, a value and its own deletion both, and puts the table on a
//     level as deep as 2 where it meets nothing;
//   - a compaction of a range first flushes, then merges level by level, and never rewrites the deepest level that the
//     range had before the flush;
//   - merging drops an entry only for a newer one of the same key, and a deletion only where no deeper level may hold
//     its key; what an open iterator may see stays;
//   - tables that were merged stay on disk while an iterator that could read them is open.

import { layoutOf, lostWith } from './log-layout.js'

/** Keys as latin1 text, which sorts as the bytes do. */
export interface Entry {
  readonly key: string
  /** Undefined for a deletion. */
  readonly value: Uint8Array | undefined
  readonly sequence: number
}

export interface SimTable {
  readonly number: number
  /** By key, newer ones first. */
  readonly entries: readonly Entry[]
}

export interface SimLog {
  readonly number: number
  batches: (readonly Entry[])[]
  /** So many batches are durable. */
  synced: number
  /** Places of batches whose write failed half-way; they are empty, and hide what comes behind them in their block. */
  readonly torn: Set<number>
}

const LEVELS = 7
const FLUSH_LEVEL_MAX = 2
const LEVEL0_TABLES_MAX = 4

export interface Range {
  readonly from: string
  readonly to: string
}

const fromOf = (table: SimTable): string => table.entries[0]!.key
const toOf = (table: SimTable): string => table.entries.at(-1)!.key
const reachOf = (tables: readonly SimTable[]): Range => ({
  from: tables.map(fromOf).sort()[0]!,
  to: tables.map(toOf).sort().at(-1)!,
})
const meets = (table: SimTable, { from, to }: Range): boolean =>
  fromOf(table) <= to && toOf(table) >= from

const byKey = (a: Entry, b: Entry): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : b.sequence - a.sequence

export class Lsm {
  /** Oldest first; the last one takes new batches. */
  logs: SimLog[]
  readonly levels: SimTable[][] = Array.from({ length: LEVELS }, () => [])
  /** Merged into others, and still on disk for open iterators. */
  retired: SimTable[] = []
  /** The tables before the last change of them: what a MANIFEST names that has lost its last record. */
  previous:
    | { readonly levels: readonly (readonly SimTable[])[]; readonly hadLog: boolean }
    | undefined
  /** LevelDB does not open this: a table that the MANIFEST names is not there. */
  isRefused = false
  #nextNumber = 1
  #lastSequence = 0
  #revision = 0
  readonly #pins = new Set<{ readonly sequence: number }>()

  constructor() {
    this.logs = [this.#newLog()]
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  /** Another one whenever what is on disk, or what is durable of it, may have changed. */
  get revision(): number {
    return this.#revision
  }

  /** Everything that is on disk, dead or alive, piece by piece. A piece never changes. */
  *pieces(): Generator<{ readonly file: string; readonly entries: readonly Entry[] }> {
    for (const { number, batches } of this.logs) {
      for (const entries of batches) yield { file: `${number}.log`, entries }
    }
    for (const tables of [...this.levels, this.retired]) {
      for (const { number, entries } of tables) yield { file: `${number}.ldb`, entries }
    }
  }

  /** The newest version of every key that is not deleted, in order. */
  view(): readonly (readonly [key: string, value: Uint8Array])[] {
    const newest = new Map<string, Entry>()
    for (const { entries } of this.pieces()) {
      for (const entry of entries) {
        const known = newest.get(entry.key)
        if (!known || known.sequence < entry.sequence) newest.set(entry.key, entry)
      }
    }
    const view: (readonly [key: string, value: Uint8Array])[] = []
    for (const { key, value } of [...newest.values()].sort(byKey))
      if (value) view.push([key, value])
    return view
  }

  append(
    operations: readonly { readonly key: string; readonly value: Uint8Array | undefined }[],
    sync: boolean,
  ): void {
    this.#revision += 1
    const log = this.logs.at(-1)!
    log.batches.push(
      operations.map(({ key, value }) => ({ key, value, sequence: ++this.#lastSequence })),
    )
    // A sync reaches what is in this log, and nothing in an older one.
    if (sync) log.synced = log.batches.length
  }

  /** A write failed half-way: the log has a piece of a record that is none. */
  tear(): void {
    const { torn, batches } = this.logs.at(-1)!
    torn.add(batches.length)
    batches.push([])
  }

  /** Begins a new log. The older one is not synced by that; `flush` makes a table of it. */
  switchLog(): void {
    this.#revision += 1
    this.logs.push(this.#newLog())
  }

  /** What opening does: the logs become a table on the first level, but for what a torn record hides. */
  recover(): void {
    for (const log of this.logs) {
      const fragments = log.torn.size > 0 ? layoutOf(log.batches) : []
      const lost = new Set<number>()
      for (const fragment of fragments)
        if (log.torn.has(fragment.batch))
          for (const batch of lostWith(fragments, fragment)) lost.add(batch)
      log.batches = log.batches.filter((_, batch) => !lost.has(batch))
      log.torn.clear()
    }
    this.flush(true, 0)
    // A new MANIFEST begins, in which nothing has changed yet.
    this.previous = undefined
  }

  /** Makes a durable table of every log but the newest, and with `all` of that one too. */
  flush(all: boolean, levelMax: number = FLUSH_LEVEL_MAX): void {
    if (all && this.logs.at(-1)!.batches.length > 0) this.switchLog()
    const done = this.logs.splice(0, this.logs.length - 1)
    if (done.length > 0) this.#revision += 1
    const entries = done.flatMap((log) => log.batches.flat()).sort(byKey)
    if (entries.length > 0) {
      this.#noteTables(true)
      const table = { number: this.#nextNumber++, entries }
      this.levels[this.#levelFor(table, levelMax)]!.push(table)
    }
    if (this.levels[0]!.length >= LEVEL0_TABLES_MAX) this.#merge(0, allKeys)
    this.#dropRetired()
  }

  /** The steps of a compaction, each durable when it is done: a process may end between any two. */
  compaction(range: Range): readonly (() => void)[] {
    let deepest = 1
    for (let level = 1; level < LEVELS; level++) {
      if (this.levels[level]!.some((table) => meets(table, range))) deepest = level
    }
    const merges = Array.from({ length: deepest }, (_, level) => () => {
      this.#merge(level, range)
      this.#dropRetired()
    })
    return [() => this.flush(true), ...merges]
  }

  /** What was written until now stays readable, and on disk, until the function that this returns is called. */
  pin(): () => void {
    const pin = { sequence: this.#lastSequence }
    this.#pins.add(pin)
    return () => {
      this.#pins.delete(pin)
    }
  }

  get isPinned(): boolean {
    return this.#pins.size > 0
  }

  /**
   * What a process finds after this one ended: `kept` batches of each log, and what `damage` makes of that. Reopening
   * makes a table of the logs.
   */
  afterCrash(kept: readonly number[], damage?: (found: Lsm) => void): Lsm {
    const next = new Lsm()
    next.#nextNumber = this.#nextNumber
    next.#lastSequence = this.#lastSequence
    for (const [level, tables] of this.levels.entries()) next.levels[level]!.push(...tables)
    const logs = this.logs.map((log, index) => ({
      number: log.number,
      batches: log.batches.slice(0, kept[index] ?? log.batches.length),
      synced: 0,
      torn: new Set(log.torn),
    }))
    next.logs = [...logs, next.#newLog()]
    damage?.(next)
    next.recover()
    return next
  }

  #newLog(): SimLog {
    return { number: this.#nextNumber++, batches: [], synced: 0, torn: new Set() }
  }

  #noteTables(hadLog: boolean): void {
    this.previous = { levels: this.levels.map((tables) => [...tables]), hadLog }
  }

  #levelFor(table: SimTable, levelMax: number): number {
    const range = { from: fromOf(table), to: toOf(table) }
    const free = (level: number): boolean =>
      !this.levels[level]!.some((other) => meets(other, range))
    if (!free(0)) return 0
    let level = 0
    while (level < levelMax && free(level + 1)) level += 1
    return level
  }

  #merge(level: number, range: Range): void {
    const first = this.#inputsOf(level, range)
    if (first.length === 0) return
    this.#revision += 1
    const below = this.#meeting(level + 1, reachOf(first))
    // More of the upper level goes along where that takes no further table of the lower one.
    const grown = this.#inputsOf(level, reachOf([...first, ...below]))
    const stays = this.#meeting(level + 1, reachOf(grown)).length === below.length
    this.#noteTables(false)
    const inputs = stays ? grown : first
    const entries = this.#survivors([...inputs, ...below], level + 1)
    const gone = new Set([...inputs, ...below])
    for (const place of [level, level + 1]) {
      this.levels[place] = this.levels[place]!.filter((table) => !gone.has(table))
    }
    if (entries.length > 0) this.levels[level + 1]!.push({ number: this.#nextNumber++, entries })
    this.retired.push(...gone)
  }

  #meeting(level: number, range: Range): SimTable[] {
    return this.levels[level]!.filter((table) => meets(table, range))
  }

  /** Tables of level 0 may overlap each other, and then go together. */
  #inputsOf(level: number, range: Range): SimTable[] {
    let reach = range
    for (;;) {
      const inputs = this.levels[level]!.filter((table) => meets(table, reach))
      if (level > 0 || inputs.length === 0) return inputs
      const wider = {
        from: [...inputs.map(fromOf), reach.from].sort()[0]!,
        to: [...inputs.map(toOf), reach.to].sort().at(-1)!,
      }
      if (wider.from === reach.from && wider.to === reach.to) return inputs
      reach = wider
    }
  }

  #survivors(tables: readonly SimTable[], target: number): Entry[] {
    const oldest = Math.min(this.#lastSequence, ...[...this.#pins].map((pin) => pin.sequence))
    const kept: Entry[] = []
    let newer: Entry | undefined
    for (const entry of tables.flatMap((table) => table.entries).sort(byKey)) {
      const isShadowed = newer?.key === entry.key && newer.sequence <= oldest
      newer = entry
      if (isShadowed) continue
      const isLast = entry.sequence <= oldest && !this.#mayBeBelow(entry.key, target)
      if (entry.value === undefined && isLast) continue
      kept.push(entry)
    }
    return kept
  }

  #mayBeBelow(key: string, level: number): boolean {
    return this.levels
      .slice(level + 1)
      .some((tables) => tables.some((table) => meets(table, { from: key, to: key })))
  }

  #dropRetired(): void {
    if (!this.isPinned) this.retired = []
  }
}

const allKeys: Range = { from: '', to: '\u{ffff}' }
