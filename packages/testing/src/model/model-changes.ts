// What a call brings along that changes the lines of a thread, or makes another one of them.

export interface ModelAppend {
  readonly texts: readonly string[]
  readonly attachments?: Readonly<Record<string, string>>
  readonly idempotencyKey?: string
  /** Not where the thread ends. */
  readonly isMisplaced?: boolean
  /** Of the thread's live writer. */
  readonly isOfWriter?: boolean
}

export interface ModelFork {
  readonly copy: boolean
  readonly name: string | null
  /** Of its lines; all by default. */
  readonly count?: number | undefined
  readonly ephemeral?: boolean
}
