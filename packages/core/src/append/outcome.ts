// What becomes of lines that were given to a commit.

/** Told once, in the turn in which it is known. Must not throw. */
export interface Outcome {
  readonly done: () => void
  readonly failed: (error: unknown) => void
}
