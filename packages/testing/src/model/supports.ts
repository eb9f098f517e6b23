// What a store can do, so that the model asks for nothing else; the words are those of threadStoreSuite.

import type { ThreadStoreSupports } from '../suites/thread-store-suite.js'

type OfSuite =
  | 'archive'
  | 'spawn'
  | 'fork'
  | 'hold'
  | 'schedule'
  | 'attachments'
  | 'redact'
  | 'idempotency'
  | 'expectedOrdinal'

/** Default true, each. */
export interface ModelSupports extends Pick<ThreadStoreSupports, OfSuite> {
  readonly pin?: boolean
  /** `durability: 'buffered'`, `flush`. */
  readonly buffer?: boolean
  readonly retention?: boolean
  /** `exportThreads`, `importRollouts`. */
  readonly transfer?: boolean
  readonly compress?: boolean
  readonly search?: boolean
  /** `verify`, `status`, `checkpoint`. */
  readonly inspect?: boolean
}

export type WhatIsSupported = Required<ModelSupports>

export const whatIsSupported = (given: ModelSupports = {}): WhatIsSupported => ({
  archive: true,
  spawn: true,
  fork: true,
  hold: true,
  schedule: true,
  attachments: true,
  redact: true,
  idempotency: true,
  expectedOrdinal: true,
  pin: true,
  buffer: true,
  retention: true,
  transfer: true,
  compress: true,
  search: true,
  inspect: true,
  ...given,
})
