// A thread store, as far as suite, model and oracle speak to one. Any implementation can be tested: this engine, one over
// another database, one in another process behind a client, one that somebody wrote in an afternoon. What a store cannot
// do it leaves out, and says so with `supports`.
//
// An error is anything with a `code`; which one is part of the interface.

import type { BasicThreadStore } from './basic-thread-store.js'
import type {
  ArchivingStore,
  AttachingStore,
  BackupStore,
  BufferingStore,
  CompressingStore,
  CountingStore,
  ForkingStore,
  HoldingStore,
  InspectedStore,
  LoggingStore,
  PinningStore,
  ReceiptsStore,
  RecordingStore,
  RedactingStore,
  ResolvingStore,
  RetainingStore,
  SchedulingStore,
  SearchingStore,
  TransferringStore,
  TurnsStore,
} from './capabilities.js'

export type * from './basic-thread-store.js'
export type * from './capabilities.js'

type Everything = ArchivingStore &
  ForkingStore &
  BufferingStore &
  HoldingStore &
  PinningStore &
  SchedulingStore &
  AttachingStore &
  RedactingStore &
  RetainingStore &
  TransferringStore &
  CompressingStore &
  SearchingStore &
  InspectedStore &
  RecordingStore &
  TurnsStore &
  BackupStore &
  LoggingStore &
  ReceiptsStore &
  ResolvingStore &
  CountingStore

/** A store with all of it. */
export type WholeThreadStore = BasicThreadStore & Everything

/** A store with some of it. */
export type ThreadStoreLike = BasicThreadStore & Partial<Everything>

/** The store, as one that has these methods. @throws TypeError where it does not */
export function having<Name extends keyof Everything>(
  store: ThreadStoreLike,
  ...names: readonly Name[]
): ThreadStoreLike & Pick<Everything, Name> {
  const missing = names.filter((name) => store[name] === undefined)
  if (missing.length > 0) throw new TypeError(`this store has no ${missing.join(', no ')}`)
  return store as ThreadStoreLike & Pick<Everything, Name>
}
