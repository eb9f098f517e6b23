// Turns of the event loop, shared between long loops and what somebody waits for.

let urgent = 0
let waiting: (() => void)[] = []

/**
 * Lets what else waits for the event loop run first: long loops call it every few hundred rounds. While something urgent
 * is under way it ends behind the next of it that is done, so that nobody who waits for a commit waits for a piece of a
 * loop too; and no later, so that the loop goes on beside a thousand commits in a row.
 */
export async function breathe(): Promise<void> {
  await nextTurn()
  if (urgent > 0) await new Promise<void>((resolve) => waiting.push(resolve))
}

/** Marks what somebody waits for. It must end by itself, whatever becomes of the loops of this process. */
export async function urgently<T>(answer: Promise<T>): Promise<T> {
  urgent += 1
  try {
    return await answer
  } finally {
    urgent -= 1
    const released = waiting
    waiting = []
    // Behind the turn in which the answer is told.
    if (released.length > 0) nextTurn().then(() => released.forEach((go) => void go()))
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
