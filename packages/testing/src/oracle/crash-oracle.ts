// The oracle: what must hold of a thread store after any crash, whatever was cut short.
//
//   acknowledged     what was acknowledged is there: lines, names, marks, attachments, deaths, dates
//   whole or absent  what was not acknowledged happened entirely or not at all
//   nothing invented no value is there that nobody wrote
//   dead             the dead stay dead: for every read, in every list, in the names of files, with a proof where the
//                    store gives one
//   no residue       no byte of the dead, nor of what was taken away, is on the medium
//   index            lists show the living, each once, and the store's own verification finds nothing
//   events           the store's log verifies
//   goes on          every thread in use takes one more line, and gives it back
//
// The first three are one question: is this a state that an undisturbed run of the same program passes? Take the states
// of such a run with `surveyStore`, pick those that are allowed with `allowedAfter`, and ask `judge`.

import assert from 'node:assert/strict'
import path from 'node:path'
import { listedIds, messageOf } from '../store/speaking.js'
import type { ThreadStoreLike } from '../store/thread-store-like.js'
import { tokensIn } from './canary.js'
import type { Scan } from './scan.js'
import { placeAmong } from './states.js'
import { type Survey, surveyStore } from './survey.js'

export interface Subject {
  /** Opened after the crash. */
  readonly store: ThreadStoreLike
  /** Every id that the program spoke of. */
  readonly ids: readonly string[]
  /** What the medium holds, taken before anything else was done to the store; left out where it cannot be seen. */
  readonly scan?: Scan
  /** Throws where a thread's death has no proof. */
  readonly provesDeath?: (id: string) => Promise<void>
  /** Throws where the store's log does not verify. */
  readonly verifiesEvents?: () => Promise<void>
}

export interface Expected {
  /** States that the store may be in. */
  readonly allowed: readonly Survey[]
  /** Tokens of every canary that was ever handed out. */
  readonly tokens?: ReadonlySet<string>
  /** Tokens that living threads may keep without showing them, such as former names. */
  readonly lingering?: ReadonlySet<string>
  /** States of the whole run: what a thread that waits for its date had before, it still has. */
  readonly surveys?: readonly Survey[]
  /** Lines that are compared with their times. */
  readonly lines?: ReadonlySet<string>
  /** Problems that `verify` may name, such as a backup that the crash cut short. */
  readonly mayReport?: readonly string[]
}

/** Gives the place of the state that holds. @throws AssertionError */
export async function judge(subject: Subject, expected: Expected): Promise<number> {
  const { store, ids } = subject
  const survey = await surveyStore(store, ids, expected.lines)
  const place = placeAmong(expected.allowed, survey)
  checkResidue(subject, expected, survey)
  await checkDead(subject, survey)
  await checkIndex(subject, expected, survey)
  await subject.verifiesEvents?.()
  await checkAppends(store, survey)
  return place
}

function checkResidue({ scan }: Subject, expected: Expected, survey: Survey): void {
  if (!scan) return
  const living = tokensIn(JSON.stringify([survey, waitingTexts(survey, expected.surveys ?? [])]))
  const residue = [...scan.found]
    .filter(([token]) => expected.tokens?.has(token) === true)
    .filter(([token]) => !living.has(token) && !expected.lingering?.has(token))
  assert.deepEqual(residue, [], 'canaries that nobody living has')
}

/** Nobody reads a scheduled thread, and all of it is on disk. */
const waitingTexts = (survey: Survey, surveys: readonly Survey[]): unknown[] =>
  Object.keys(survey)
    .filter((id) => survey[id] === 'scheduled')
    .flatMap((id) => surveys.map((one) => one[id]))

async function checkDead(
  { store, ids, scan, provesDeath }: Subject,
  survey: Survey,
): Promise<void> {
  for (const id of ids) {
    if (survey[id] !== 'deleted') continue
    const names = scan?.names.filter((name) => path.basename(name).includes(id)) ?? []
    assert.deepEqual(names, [], 'files that bear the id of a dead thread')
    for (const call of [() => listIn(store, id), () => store.renameThread(id, 'back')])
      await assert.rejects(call, { code: 'THREAD_DELETED' })
    await provesDeath?.(id)
  }
}

async function listIn(store: ThreadStoreLike, id: string): Promise<void> {
  for await (const _ of store.listItems(id)) assert.fail(`a line of the dead ${id} is read`)
}

async function checkIndex(
  { store, ids }: Subject,
  { mayReport = [] }: Expected,
  survey: Survey,
): Promise<void> {
  const listed: string[] = []
  for (const archived of [false, true])
    listed.push(...(await listedIds(store, { archived, includeSubagents: true, limit: 1_000 })))
  assert.deepEqual(listed.sort(), livingIn(ids, survey).sort(), 'the lists differ from the threads')
  const { problems } = (await store.verify?.()) ?? { problems: [] }
  assert.deepEqual(
    problems.filter(({ code }) => !mayReport.includes(code)),
    [],
    'the store finds problems in itself',
  )
}

const livingIn = (ids: readonly string[], survey: Survey): string[] =>
  ids.filter((id) => survey[id] !== null && typeof survey[id] === 'object')

async function checkAppends(store: ThreadStoreLike, survey: Survey): Promise<void> {
  await Promise.all(
    Object.entries(survey).map(async ([id, thread]) => {
      if (!thread || typeof thread !== 'object' || thread.state !== 'active') return
      const message = messageOf(`after the crash ${id}`)
      await store.appendItems(id, [message])
      const read: unknown[] = []
      for await (const { payload } of store.listItems(id, { from: thread.nextOrdinal }))
        read.push(payload)
      assert.deepEqual(read, [message.payload], `a line behind the last one of ${id}`)
    }),
  )
}
