// What runs against the model: a store that may be closed and opened again, and what a test can do around it.

import type {
  LogHeadLike,
  RecorderLike,
  ThreadStoreLike,
  WholeThreadStore,
} from '../store/thread-store-like.js'
import type { ModelSupports } from './supports.js'

/** As a test gives it: the store has what `supports` says. */
export interface OpenedSystem {
  readonly store: ThreadStoreLike
  /** Closes and opens again; or, where the system can, loses power in between. */
  reopen(): Promise<void>
  /** The process outlives it, and so do recorders. */
  readonly livesOn?: boolean
  /** Lets time pass on the store's clock. Left out, no command needs time. */
  pass?(ms: number): void
  /** Path of a new folder of the host, outside of the store. Left out, nothing is exported and nothing backed up. */
  folder?(): string
  /** Restores a backup into a new place, with the tombstones that the store has now, and opens what is there. */
  restored?(backup: string): Promise<Restored>
  close(): Promise<void>
}

export interface Restored {
  readonly store: ThreadStoreLike
  close(): Promise<void>
}

/** While it runs: what the programs keep of the store beside it. */
export interface System extends OpenedSystem {
  readonly store: WholeThreadStore
  readonly recorders: Map<number, RecorderLike>
  /** Names that dry runs have told. */
  readonly planIds: Map<number, string>
  /** By folder: the backup's id. */
  readonly backupIds: Map<string, string>
  /** Of the log, when it was last looked at. */
  head: { readonly point: LogHeadLike; readonly publicKey: string } | undefined
  /** A number that was not given before. */
  next(): number
}

/** No verb is made that `supports` leaves out, so nobody asks for what is not there. */
export function systemOf(opened: OpenedSystem): System {
  let given = 0
  return {
    // Another one once it was opened again.
    get store() {
      return opened.store as WholeThreadStore
    },
    livesOn: opened.livesOn === true,
    reopen: () => opened.reopen(),
    close: () => opened.close(),
    ...(opened.pass ? { pass: (ms: number) => opened.pass!(ms) } : {}),
    ...(opened.folder ? { folder: () => opened.folder!() } : {}),
    ...(opened.restored ? { restored: (backup: string) => opened.restored!(backup) } : {}),
    recorders: new Map(),
    planIds: new Map(),
    backupIds: new Map(),
    head: undefined,
    next() {
      given += 1
      return given
    },
  }
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
