// What a store can do, so that the model asks for nothing else.

import { everyStoreSupports, type StoreSupports } from '../store/supports.js'

/** Default true, each. */
export interface ModelSupports extends StoreSupports {
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
  /** `resumeThread`, `recorder`. */
  readonly record?: boolean
  /** `backup`, `listBackups`, `forgetBackup`; the system says how one is restored. */
  readonly backup?: boolean
  /** Threads that are in memory beside those that are not. */
  readonly ephemeral?: boolean
  /** `deleteThreads` with `dryRun` and `expectPlan`; `redactItems` with `dryRun`, where it redacts. */
  readonly plan?: boolean
  /** `listTurns`. */
  readonly turns?: boolean
  /** `events`, `watch`, `logHead`, `publicKey`. */
  readonly log?: boolean
  /** `listReceipts`, `readReceipt`, `retry`, and `status`. */
  readonly receipts?: boolean
  /** `resolveThread`. */
  readonly resolve?: boolean
  /** `stats`. */
  readonly stats?: boolean
}

export type WhatIsSupported = Required<ModelSupports>

export const whatIsSupported = (given: ModelSupports = {}): WhatIsSupported => ({
  ...everyStoreSupports,
  pin: true,
  buffer: true,
  retention: true,
  transfer: true,
  compress: true,
  search: true,
  inspect: true,
  record: true,
  backup: true,
  ephemeral: true,
  plan: true,
  turns: true,
  log: true,
  receipts: true,
  resolve: true,
  stats: true,
  ...given,
})
