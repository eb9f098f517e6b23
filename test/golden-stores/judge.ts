// What a store with a flipped bit may say: a typed error, a problem that verify reports, or what it always said. Never
// another value that nobody reports, never a dead thread, never a crash.

import { isDeepStrictEqual } from 'node:util'
import { isStoreError, type ThreadStore, verifyReceipt } from '@cenotaph/core'
import { isRefused, type Look } from './look-at-store.js'

export type Verdict = 'same' | 'refused at open' | 'refused at read' | 'found by verify'

export interface Sound {
  readonly look: Look
  /** What verify reports of the sound store. */
  readonly problems: readonly string[]
  readonly publicKey: string
}

export async function soundOf(
  store: ThreadStore,
  look: (store: ThreadStore) => Promise<Look>,
): Promise<Sound> {
  const problems = await problemsOf(store)
  return { look: await look(store), problems, publicKey: store.publicKey }
}

export interface JudgeOptions {
  readonly sound: Sound
  readonly look: (store: ThreadStore) => Promise<Look>
  /** Whether changed values pass once verify has reported something; else they may only be missing. */
  readonly mayDiffer: boolean
}

/** Throws where the store says what it must not say. */
export async function judge(
  store: ThreadStore,
  { sound, look, mayDiffer }: JudgeOptions,
): Promise<Exclude<Verdict, 'refused at open'>> {
  const said = await look(store)
  const problems = await problemsOf(store)
  const reported = !isDeepStrictEqual(problems, sound.problems)
  let refused = false
  const compare = (name: string, expected: unknown, found: unknown): void => {
    if (isDeepStrictEqual(found, expected)) return
    if (isRefused(found)) {
      refused = true
      return
    }
    if (isDead(expected)) throw new Error(`${name} is dead, and said ${short(found)}`)
    if (reported && (mayDiffer || found === null)) return
    throw new Error(`${name} said ${short(found)}; problems: ${problems.join(', ')}`)
  }
  for (const part of ['threads', 'store', 'receipts'] as const) {
    // A look at some threads says nothing of the others. A receipt that is not listed is missing.
    const names = Object.keys(part === 'receipts' ? sound.look.receipts : said[part])
    for (const name of names) compare(name, sound.look[part][name], said[part][name] ?? null)
  }
  await checkReceipts(store, sound)
  if (refused) return 'refused at read'
  return reported ? 'found by verify' : 'same'
}

const isDead = (section: unknown): boolean =>
  (section as { readonly state?: unknown } | null)?.state === 'deleted'

const short = (value: unknown): string => JSON.stringify(value).slice(0, 400)

/** A refusal to verify is a report as well. */
async function problemsOf(store: ThreadStore): Promise<string[]> {
  try {
    const { problems } = await store.verify()
    return problems.map(({ code, threadId, detail }) => `${code} ${threadId} ${detail}`)
  } catch (error) {
    if (isStoreError(error)) return [`refused ${error.code}`]
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
