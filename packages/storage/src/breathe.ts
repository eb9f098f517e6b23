// Turns of the event loop, shared between long loops and what somebody waits for.
//
// Survives: something urgent that never ends, as a write to a disk that hangs. It may be another store's of this process,
// and the loops of this one go on.

/** What takes longer is a disk that hangs: nobody is helped by loops that wait for it too. */
const AWAITED_MS_MAX = 1_000

let urgent = 0
let waiting: (() => void)[] = []
let limit: NodeJS.Timeout | undefined
/** Nothing urgent has ended for so long that loops do not wait for it, until something does. */
let isHanging = false

/**
 * Lets what else waits for the event loop run first: long loops call it every few hundred rounds. While something urgent
 * is under way it ends behind the next of it that is done, so that nobody who waits for a commit waits for a piece of a
 * loop too; and no later, so that the loop goes on beside a thousand commits in a row. Where none is done within a second
 * it ends all the same.
 */
export async function breathe(): Promise<void> {
  await nextTurn()
  if (urgent === 0 || isHanging) return
  await new Promise<void>((resolve) => {
    waiting.push(resolve)
    limit ??= setTimeout(giveUp, AWAITED_MS_MAX)
  })
}

/** Marks what somebody waits for. */
export async function urgently<T>(answer: Promise<T>): Promise<T> {
  urgent += 1
  try {
    return await answer
  } finally {
    urgent -= 1
    isHanging = false
    const released = releaseWaiting()
    // Behind the turn in which the answer is told.
    if (released.length > 0) nextTurn().then(() => released.forEach((go) => void go()))
  }
}

function giveUp(): void {
  isHanging = true
  for (const go of releaseWaiting()) go()
}

function releaseWaiting(): (() => void)[] {
  clearTimeout(limit)
  limit = undefined
  const released = waiting
  waiting = []
  return released
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
