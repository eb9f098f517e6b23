// What runs against the model: a store that may be closed and opened again, and what a test can do around it.

import type { ThreadStoreLike, WholeThreadStore } from '../store/thread-store-like.js'
import type { ModelSupports } from './supports.js'

export interface System {
  readonly store: WholeThreadStore
  /** Closes and opens again; or, where the system can, loses power in between. */
  reopen(): Promise<void>
  /** Lets time pass on the store's clock. Left out, no command needs time. */
  pass?(ms: number): void
  /** Path of a new folder of the host, outside of the store. Left out, nothing is exported. */
  folder?(): string
}

/** As a test gives it: the store has what `supports` says. */
export interface OpenedSystem extends Omit<System, 'store'> {
  readonly store: ThreadStoreLike
  close(): Promise<void>
}

export interface ModelFactory {
  /** An empty store. */
  open(): Promise<OpenedSystem>
  readonly supports?: ModelSupports
}

const IDS = 14

/** Ids that the commands speak of; UUIDv7 in form. */
export const modelId = (index: number): string =>
  `01900000-0000-7000-8000-${(index % IDS).toString(16).padStart(12, '0')}`

export const modelIds: readonly string[] = Array.from({ length: IDS }, (_, index) => modelId(index))
