// What a thread store is, without disk, journal or time: threads with lines, who spawned whom, who continues whom, who is
// dead. Each call either changes the model or gives the codes with which a store may refuse it. A few hundred lines that
// an engine of many thousands must agree with.

export interface ModelLine {
  /** Null once it is redacted. A line that forks read by reference is one object. */
  text: string | null
}

export interface ModelThread {
  readonly id: string
  name: string | null
  archived: boolean
  held: boolean
  pinned: boolean
  readonly parent: string | null
  /** The thread that it was forked from, dead or alive. */
  readonly forkedFrom: string | null
  /** The living thread whose rollout it continues by reference. */
  base: string | null
  /** Lines that it inherits by reference, at its beginning. */
  inherited: number
  lines: ModelLine[]
}

export type ForksMode = 'refuse' | 'detach' | 'cascade'

/** Codes of a refusal, any of which may be told; undefined where the call must succeed. */
export type Refusal = readonly string[] | undefined

export class ThreadModel {
  readonly threads = new Map<string, ModelThread>()
  readonly dead = new Set<string>()
  /** Parents of the dead: trees are walked through them. */
  readonly #parents = new Map<string, string | null>()

  ids(): string[] {
    return [...this.threads.keys()]
  }

  create(id: string, options: { name: string | null; parent: string | null }): Refusal {
    const { parent } = options
    const taken = this.#refuseNew(id)
    const parentRefused = parent === null ? [] : (this.#refuse(parent, { archived: false }) ?? [])
    if (taken.length + parentRefused.length > 0) return [...taken, ...parentRefused]
    this.#add(id, { ...options, forkedFrom: null, base: null, lines: [] })
    return undefined
  }

  append(id: string, texts: readonly string[]): Refusal {
    const refused = this.#refuse(id, { archived: false })
    if (refused) return refused
    this.threads.get(id)!.lines.push(...texts.map((text) => ({ text })))
    return undefined
  }

  rename(id: string, name: string): Refusal {
    const refused = this.#refuse(id)
    if (refused) return refused
    this.threads.get(id)!.name = name
    return undefined
  }

  mark(id: string, mark: 'hold' | 'unhold' | 'pin' | 'unpin'): Refusal {
    const refused = this.#refuse(id)
    if (refused) return refused
    const thread = this.threads.get(id)!
    if (mark === 'unhold' && !thread.held) return ['THREAD_NOT_HELD']
    if (mark === 'hold' || mark === 'unhold') thread.held = mark === 'hold'
    else thread.pinned = mark === 'pin'
    return undefined
  }

  archive(id: string, archived: boolean): Refusal {
    const refused = this.#refuse(id)
    if (refused) return refused
    if (this.threads.get(id)!.archived === archived)
      return [archived ? 'THREAD_ARCHIVED' : 'THREAD_NOT_ARCHIVED']
    for (const one of this.tree([id])) this.threads.get(one)!.archived = archived
    return undefined
  }

  fork(id: string, newId: string, { copy, name }: { copy: boolean; name: string | null }): Refusal {
    const refused = [...(this.#refuse(id, { archived: false }) ?? []), ...this.#refuseNew(newId)]
    if (refused.length > 0) return refused
    const from = this.threads.get(id)!
    const lines = copy ? from.lines.map((line) => ({ ...line })) : [...from.lines]
    this.#add(newId, {
      name: name ?? from.name,
      parent: null,
      forkedFrom: id,
      base: copy ? null : id,
      lines,
    })
    this.threads.get(newId)!.inherited = copy ? 0 : lines.length
    return undefined
  }

  /** `index` counts the thread's lines, inherited ones first. */
  redact(id: string, index: number): Refusal {
    const refused = this.#refuse(id)
    if (refused) return refused
    const line = this.threads.get(id)!.lines[index]
    if (!line) return ['ORDINAL_NOT_FOUND']
    if (this.#ownerOf(id, index).held || this.threads.get(id)!.held) return ['THREAD_HELD']
    line.text = null
    return undefined
  }

  /** Also gives the ids that die with it. */
  delete(ids: readonly string[], forks: ForksMode): { refused: Refusal; gone: readonly string[] } {
    for (const id of ids) {
      if (!this.threads.has(id) && !this.dead.has(id)) return no(['THREAD_NOT_FOUND'])
    }
    const gone = this.#scope(
      ids.filter((id) => !this.dead.has(id)),
      forks,
    )
    const codes: string[] = []
    const outside = this.ids().filter((id) => !gone.has(id))
    const references = outside.filter((id) => {
      const { base } = this.threads.get(id)!
      return base !== null && gone.has(base)
    })
    if (forks === 'refuse' && references.length > 0) codes.push('THREAD_HAS_FORKS')
    if ([...gone].some((id) => this.threads.get(id)!.held)) codes.push('THREAD_HELD')
    if (codes.length > 0) return no(codes)
    for (const id of references) this.#detach(this.threads.get(id)!, gone)
    for (const id of gone) {
      this.#parents.set(id, this.threads.get(id)!.parent)
      this.threads.delete(id)
      this.dead.add(id)
    }
    return { refused: undefined, gone: [...gone] }
  }

  /** These threads and all that they spawned, through middles that are gone. */
  tree(roots: readonly string[]): string[] {
    const found = new Set(roots)
    const parentOf = (id: string) => this.threads.get(id)?.parent ?? this.#parents.get(id) ?? null
    for (const id of this.ids()) {
      for (let up = parentOf(id); up !== null; up = parentOf(up)) if (found.has(up)) found.add(id)
    }
    return [...found].filter((id) => this.threads.has(id))
  }

  /** What a reader of the thread sees; undefined for one that never was. */
  read(id: string): 'deleted' | undefined | readonly (string | null)[] {
    if (this.dead.has(id)) return 'deleted'
    return this.threads.get(id)?.lines.map((line) => line.text)
  }

  #scope(roots: readonly string[], forks: ForksMode): Set<string> {
    let found = new Set(this.tree(roots))
    while (forks === 'cascade') {
      const with_ = new Set(found)
      for (const { id, forkedFrom, base } of this.threads.values()) {
        if ([forkedFrom, base].some((one) => one !== null && found.has(one))) with_.add(id)
      }
      const next = new Set(this.tree([...with_]))
      if (next.size === found.size) return found
      found = next
    }
    return found
  }

  /** Its nearest base that lives stays its base; what it inherited from the dead is its own now. */
  #detach(thread: ModelThread, gone: ReadonlySet<string>): void {
    let base = thread.base
    let inherited = thread.inherited
    while (base !== null && gone.has(base)) {
      const dying: ModelThread = this.threads.get(base)!
      inherited = Math.min(inherited, dying.inherited)
      base = dying.base
    }
    thread.base = base
    // Lines behind the part that it still refers to are copies from now on.
    const kept = base === null ? 0 : inherited
    thread.lines = thread.lines.map((line, index) => (index < kept ? line : { ...line }))
    thread.inherited = kept
    // Forks of this one go on to read its lines, which are its own now.
    this.#shareWithForks(thread)
  }

  #shareWithForks(thread: ModelThread): void {
    for (const fork of this.threads.values()) {
      if (fork.base !== thread.id) continue
      fork.lines = fork.lines.map((line, index) =>
        index < fork.inherited ? thread.lines[index]! : line,
      )
      this.#shareWithForks(fork)
    }
  }

  /** Whose rollout holds the line. */
  #ownerOf(id: string, index: number): ModelThread {
    let thread = this.threads.get(id)!
    while (thread.base !== null && index < thread.inherited) thread = this.threads.get(thread.base)!
    return thread
  }

  #add(
    id: string,
    facts: Pick<ModelThread, 'name' | 'parent' | 'forkedFrom' | 'base' | 'lines'>,
  ): void {
    const marks = { archived: false, held: false, pinned: false, inherited: 0 }
    this.threads.set(id, { id, ...marks, ...facts })
  }

  #refuseNew(id: string): readonly string[] {
    if (this.dead.has(id)) return ['THREAD_DELETED']
    return this.threads.has(id) ? ['THREAD_EXISTS'] : []
  }

  #refuse(id: string, { archived }: { archived?: boolean } = {}): Refusal {
    if (this.dead.has(id)) return ['THREAD_DELETED']
    const thread = this.threads.get(id)
    if (!thread) return ['THREAD_NOT_FOUND']
    return archived === false && thread.archived ? ['THREAD_ARCHIVED'] : undefined
  }
}

const no = (refused: readonly string[]): { refused: Refusal; gone: readonly string[] } => ({
  refused,
  gone: [],
})
