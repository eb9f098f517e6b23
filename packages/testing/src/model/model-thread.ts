// What the model keeps of one thread, and of threads that wait for a date. Plain data, so that a model can be copied.

export interface ModelLine {
  /** Null once it is redacted. A line that forks read by reference is one object. */
  text: string | null
  /** Also of a line that says no more than it did: what a turn begins or ends with. */
  isRedacted?: boolean
}

/** What an append with an idempotency key left: which lines, and of what. */
export interface ModelKey {
  readonly digest: string
  readonly from: number
  readonly to: number
  readonly atMs: number
}

export interface ModelThread {
  readonly id: string
  name: string | null
  archived: boolean
  held: boolean
  pinned: boolean
  /** In memory beside a store that is not: gone when the process ends. */
  readonly ephemeral: boolean
  readonly parent: string | null
  /** The thread that it was forked from, dead or alive. */
  readonly forkedFrom: string | null
  /** The living thread whose rollout it continues by reference. */
  base: string | null
  /** Lines that it inherits by reference, at its beginning. */
  inherited: number
  lines: ModelLine[]
  readonly attachments: Record<string, string>
  readonly keys: Record<string, ModelKey>
  /** When its own lines last grew. */
  activeMs: number
}

export interface WaitingSet {
  readonly ids: Set<string>
  readonly dueMs: number
  /** Rises from set to set. */
  readonly order: number
}

/** Who shares a line here shares one there. */
export function copyOfThreads(threads: ReadonlyMap<string, ModelThread>): Map<string, ModelThread> {
  const copies = new Map<ModelLine, ModelLine>()
  const copyOf = (line: ModelLine): ModelLine => {
    let copy = copies.get(line)
    if (!copy) {
      copy = { ...line }
      copies.set(line, copy)
    }
    return copy
  }
  return new Map(
    [...threads].map(([id, { lines, attachments, keys, ...thread }]) => [
      id,
      {
        ...thread,
        lines: lines.map(copyOf),
        attachments: { ...attachments },
        keys: { ...keys },
      },
    ]),
  )
}
