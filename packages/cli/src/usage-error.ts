/** The command line itself is wrong, or must not be obeyed as it stands. Nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
