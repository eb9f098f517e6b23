// What a store with flipped bits may say: a typed error, a problem that verify reports, or what it always said. Never
// another value that nobody reports, never a dead thread, never a crash. What a bit cannot concern stays as it was.

import { isDeepStrictEqual } from 'node:util'
import {
  isStoreError,
  type Problem,
  type StoreEvent,
  type ThreadStore,
  verifyReceipt,
} from '@cenotaph/core'
import type { Flip } from './flips.js'
import { isRefused, type Look } from './look-at-store.js'
import { concernedBy, isInFlight, ownerOf } from './rounds.js'

export const verdicts = ['refused at open', 'refused at read', 'found by verify', 'same'] as const

export type Verdict = (typeof verdicts)[number]

export interface Sound {
  readonly look: Look
  /** What verify reports of the sound store. */
  readonly problems: readonly Problem[]
  readonly publicKey: string
}

type LookAt = (store: ThreadStore) => Promise<Look>

export async function soundOf(store: ThreadStore, look: LookAt): Promise<Sound> {
  const problems = await problemsOf(store)
  return { look: await look(store), problems, publicKey: store.publicKey }
}

export interface JudgeOptions {
  readonly sound: Sound
  readonly look: LookAt
  /** What has rotted, at most one bit of each owner. */
  readonly flips: readonly Flip[]
}

/**
 * A verdict for each flip, in order; undefined where several have rotted, and this one was not told of by itself. Throws
 * where the store says what it must not say.
 */
export async function judge(
  store: ThreadStore,
  { sound, look, flips }: JudgeOptions,
): Promise<(Verdict | undefined)[]> {
  const said = await look(store)
  const changes = changed(sound.problems, await problemsOf(store))
  const told = flips.map((flip) =>
    flips.length === 1 ? changes.length > 0 : changes.some((one) => tellsOf(one, flip, sound)),
  )
  const refused = new Set<string>()
  for (const part of ['threads', 'store', 'receipts'] as const) {
    // A look at some threads says nothing of the others. A receipt that is not listed is missing.
    const names = Object.keys(part === 'receipts' ? sound.look.receipts : said[part])
    for (const name of names) {
      const [expected, found] = [sound.look[part][name], said[part][name] ?? null]
      if (isDeepStrictEqual(found, expected)) continue
      if (name === 'events' && isOfOthersSame(expected, found, flips.filter(isInFlight))) continue
      const behind = flips.filter((flip) => mayTouch(flip, part, name))
      if (behind.length > 0 && isRefused(found)) refused.add(name)
      else if (isDead(expected)) throw new Error(`${name} is dead, and said ${short(found)}`)
      else if (!behind.some((flip) => told[flips.indexOf(flip)] && mayPass(flip, found)))
        throw new Error(`${name} said ${short(found)}; reported: ${short(changes)}`)
    }
  }
  await checkReceipts(store, sound)
  return flips.map((flip, index) => {
    if (flips.length > 1 && !told[index]) return undefined
    const isRead = flips.length === 1 ? refused.size > 0 : refused.has(ownerOf(flip) ?? '')
    if (isRead) return 'refused at read'
    return told[index] ? 'found by verify' : 'same'
  })
}

/** Whether an answer may be another one because of this bit. */
function mayTouch(flip: Flip, part: keyof Look, name: string): boolean {
  const threads = concernedBy(flip)
  if (threads === undefined) return true
  return part === 'threads' ? threads.includes(name) : flip.file.includes(name)
}

/**
 * Lines in flight are recorded as they are replayed: a thread that is set aside goes without its event, and those of
 * others move up.
 */
function isOfOthersSame(expected: unknown, found: unknown, inFlight: readonly Flip[]): boolean {
  if (inFlight.length === 0 || !Array.isArray(expected) || !Array.isArray(found)) return false
  const owners = new Set(inFlight.map(ownerOf))
  const ofOthers = (events: readonly StoreEvent[]) =>
    events
      .filter(({ threadId }) => threadId === null || !owners.has(threadId))
      .map(({ at, type, threadId, payload }) => ({ at, type, threadId, payload }))
  return isDeepStrictEqual(ofOthers(found), ofOthers(expected))
}

/** What is read may be what rotted, once verify has told; a value of LevelDB or a receipt may only be missing. */
const mayPass = ({ region }: Flip, found: unknown): boolean =>
  region === 'rollout' || region === 'compressed' || found === null

/** Whether a problem, or that it is gone, can only be this bit's. */
function tellsOf(problem: Problem, flip: Flip, { problems }: Sound): boolean {
  const { file, region } = flip
  const { code, threadId, detail } = problem
  if (region === 'receipt') return detail.includes(file.replace(/^.*\/|\.json$/g, ''))
  // Another thread may have a piece set aside as well; the one that was there is told of otherwise.
  if (region === 'report') return code === 'QUARANTINE' && problems.includes(problem)
  return threadId !== null && threadId === ownerOf(flip)
}

const changed = (before: readonly Problem[], after: readonly Problem[]): Problem[] => [
  ...before.filter((one) => !after.some((other) => isDeepStrictEqual(one, other))),
  ...after.filter((one) => !before.some((other) => isDeepStrictEqual(one, other))),
]

const isDead = (section: unknown): boolean =>
  (section as { readonly state?: unknown } | null)?.state === 'deleted'

const short = (value: unknown): string => JSON.stringify(value).slice(0, 400)

/** A refusal to verify is a report as well. */
async function problemsOf(store: ThreadStore): Promise<readonly Problem[]> {
  try {
    return (await store.verify()).problems
  } catch (error) {
    if (isStoreError(error)) return [{ code: error.code, threadId: null, detail: 'verify' }]
    throw error
  }
}

/** Whatever is handed out as a receipt is one. */
async function checkReceipts(store: ThreadStore, { publicKey }: Sound): Promise<void> {
  for (const receipt of await store.listReceipts()) {
    const { ok } = verifyReceipt(receipt, publicKey)
    if (!ok) throw new Error(`${receipt.receiptId} was given out and does not verify`)
  }
}
