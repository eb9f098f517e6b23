// What must hold of a store after any crash, whatever was cut short.

import path from 'node:path'
import { openThreadStore, type ThreadStore, verifyReceipt } from '@cenotaph/core'
import { expect } from 'vitest'
import { tokensIn } from '../support/canary.js'
import { type RootScan, scanRoot } from '../support/scan-root.js'
import { listedIds, type Survey, surveyStore } from '../support/survey.js'
import { message } from '../support/thread-ids.js'
import { keepsNothing } from './rehearse.js'
import { allIds, participantNames, storeOptions } from './template.js'

export interface Expected {
  /** What the store may look like. */
  readonly allowed: readonly Survey[]
  /** Lines that are compared with their times. */
  readonly lines: ReadonlySet<string>
  /** Tokens of every canary that was ever handed out. */
  readonly tokens: ReadonlySet<string>
  /** Tokens that living threads may keep without showing them, such as former names. */
  readonly lingering: ReadonlySet<string>
  /** The states of the run: what a thread that waits for its date had before, it still has. */
  readonly surveys?: readonly Survey[]
  /** Problems that `verify` may name, such as a backup that the crash cut short. */
  readonly mayReport?: readonly string[]
}

/** Opens the store, which recovers it. Gives the index of the survey that holds. */
export async function checkAfterCrash(root: string, expected: Expected): Promise<number> {
  const store = await openThreadStore(root, {
    ...storeOptions,
    // Their hosts come back: a delete that waits for them ends within the opening.
    participants: participantNames.map(keepsNothing),
  })
  try {
    // Scanned first: what recovery leaves must be clean before anything else happens.
    return await checkRecovered(store, await scanRoot(root), expected)
  } finally {
    await store.close()
  }
}

/** As {@link checkAfterCrash}, for a store that was opened and what is on its disk since. */
export async function checkRecovered(
  store: ThreadStore,
  scan: Pick<RootScan, 'found' | 'names'>,
  expected: Expected,
): Promise<number> {
  const survey = await surveyStore(store, allIds, expected.lines)
  const index = expected.allowed.findIndex((one) => sameSurvey(one, survey))
  if (index < 0) expect(survey).toEqual(expected.allowed.at(-1))
  const living = tokensIn(JSON.stringify([survey, waitingTexts(survey, expected.surveys ?? [])]))
  const residue = [...scan.found]
    .filter(([token]) => expected.tokens.has(token))
    .filter(([token]) => !living.has(token) && !expected.lingering.has(token))
  expect(residue, 'canaries that nobody living has').toEqual([])
  await checkDead(store, survey, scan.names)
  expect(await listedIds(store)).toEqual(livingIds(survey))
  const { problems } = await store.verify()
  expect(problems.filter(({ code }) => !expected.mayReport?.includes(code))).toEqual([])
  await checkAppends(store, survey)
  return index
}

const sameSurvey = (one: Survey, other: Survey): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** Nobody reads a scheduled thread, and all of it is on disk. */
const waitingTexts = (survey: Survey, surveys: readonly Survey[]): unknown[] =>
  Object.keys(survey)
    .filter((id) => survey[id] === 'scheduled')
    .flatMap((id) => surveys.map((one) => one[id]))

const livingIds = (survey: Survey): Set<string> =>
  new Set(allIds.filter((id) => survey[id] !== null && typeof survey[id] === 'object'))

async function checkDead(
  store: ThreadStore,
  survey: Survey,
  names: readonly string[],
): Promise<void> {
  for (const id of allIds) {
    if (survey[id] !== 'deleted') continue
    expect(names.filter((name) => path.basename(name).includes(id))).toEqual([])
    const { state, receiptId } = await store.status(id)
    expect(state).toBe('deleted')
    const receipt = receiptId === null ? undefined : await store.readReceipt(receiptId)
    expect(receipt?.threadIds).toContain(id)
    expect(receipt && verifyReceipt(receipt, store.publicKey)).toMatchObject({ ok: true })
  }
}

/** Every thread in use takes one more line, and gives it back. */
async function checkAppends(store: ThreadStore, survey: Survey): Promise<void> {
  const usable = [...livingIds(survey)].filter((id) => {
    const thread = survey[id]
    return thread && typeof thread === 'object' && thread.state === 'active'
  })
  await Promise.all(
    usable.map(async (id) => {
      const thread = survey[id]
      if (!thread || typeof thread !== 'object') return
      const { nextOrdinal } = thread
      const text = `after the crash ${id}`
      await store.appendItems(id, [message(text)], { expectedOrdinal: nextOrdinal })
      const read: unknown[] = []
      for await (const item of store.listItems(id, { from: nextOrdinal })) read.push(item.payload)
      expect(read).toEqual([message(text).payload])
    }),
  )
}
