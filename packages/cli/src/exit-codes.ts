// What the exit status says. Scripts depend on these numbers.

export const exitCodes = {
  /** What was asked for is so, whether or not this call made it so. */
  done: 0,
  error: 1,
  usage: 2,
  /** A deletion is committed, and steps of it remain. */
  partial: 3,
  /** Another process has the store, or another writer the thread. */
  busy: 4,
  /** As shells count signals: SIGINT and SIGTERM. */
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
