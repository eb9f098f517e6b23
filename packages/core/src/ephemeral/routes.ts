// Which half of a store answers a verb. A test holds this table against the store's methods: a verb that is neither
// here nor overridden in routed-store.ts would quietly look on disk alone.

/** The first argument is the id of one thread. */
export const byThread: readonly string[] = [
  'readThread',
  'listItems',
  'listTurns',
  'status',
  'resumeThread',
  'appendItems',
  'renameThread',
  'retry',
  'holdThread',
  'unholdThread',
  'pinThread',
  'unpinThread',
  'attachments',
  'redactItems',
]

/** The first argument is a list of ids; the answer is a list, in both halves' own order. */
export const byThreads: readonly string[] = [
  'archiveThreads',
  'unarchiveThreads',
  'restoreThreads',
  'exportThreads',
]

/** What is on disk alone, or says the same for both halves. */
export const onDisk: readonly string[] = [
  'events',
  'watch',
  'logHead',
  'publicKey',
  'importRollouts',
  'verify',
  'stats',
  'backup',
  'listBackups',
  'forgetBackup',
  'retention',
  'participants',
  // These two go through verbs that are routed.
  'deleteThread',
  'root',
]

/** Overridden in routed-store.ts, each in its own way. */
export const overridden: readonly string[] = [
  'failure',
  'reopen',
  'close',
  'createThread',
  'forkThread',
  'recorder',
  'deleteThreads',
  'compressThreads',
  'flush',
  'checkpoint',
  'sweep',
  'listThreads',
  'searchThreads',
  'listHolds',
  'resolveThread',
  'readReceipt',
  'listReceipts',
  'registerParticipant',
  'forgetParticipant',
]
