// The engine over a database that a medium has damaged, at many instants of a program: the answer is a typed error, or
// the state that was there. Never another value, never a thread back from the dead.
//
// Twice: as the engine runs, with LevelDB's files read before LevelDB opens them; and with that check taken away, so that
// only what the engine has put into keys and values stands between damage and reader. What is lost behind a damaged record
// is then whole records from the end, which may look like a younger store: an earlier state of the same one, at worst.

import { isStoreError, openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  crashStates,
  type DamagedLevel,
  damagedPorts,
  levelDamages,
  newMachine,
  portsOf,
  type SimDisk,
  type SimMachine,
} from '@cenotaph/testing'
import { expect, it } from 'vitest'
import { callOf } from '../crash/rehearse.js'
import type { Call } from '../support/run-child.js'
import { type Survey, surveyStore } from '../support/survey.js'
import { message, testId } from '../support/thread-ids.js'

const seed = Number(process.env.CENOTAPH_SEED ?? 1)
const DAMAGES = Number(process.env.CENOTAPH_DAMAGES ?? 14)
const LOOKS_MIN = 400
/** Nothing here depends on how long it takes. */
const TIMEOUT_MS = 600_000

const options = { ballastBytes: 512, quietMs: 3_600_000, bufferedMs: 3_600_000 }
const ids = [1, 2, 3, 4, 5, 6].map(testId)
const [a, b, child, fork, dated, late] = ids as [string, string, string, string, string, string]

const program: readonly Call[] = [
  ['createThread', { threadId: a, cwd: '/one', name: 'first' }],
  ['appendItems', a, [message('one'), message('two')]],
  ['createThread', { threadId: b, cwd: '/two', name: 'second' }],
  ['createThread', { threadId: child, parentThreadId: b }],
  ['appendItems', child, [message('x'.repeat(20_000))]],
  ['forkThread', a, { newThreadId: fork, name: 'fork' }],
  ['renameThread', a, 'renamed'],
  ['appendItems', fork, [message('y'.repeat(20_000))]],
  ['attachments.put', a, 'goal', 'key', 'a value'],
  ['deleteThreads', [b]],
  ['holdThread', fork, 'kept'],
  ['appendItems', a, [message('after the delete')]],
  ['checkpoint'],
  ['createThread', { threadId: dated }],
  ['deleteThread', dated, { in: '30d' }],
  ['appendItems', a, [message('behind the checkpoint')]],
  ['archiveThreads', [fork]],
  ['renameThread', a, 'renamed again'],
  ['createThread', { threadId: late }],
  ['deleteThreads', [late]],
]

const typed = [
  'JOURNAL_GAP',
  'LEVEL_DAMAGED',
  'TOMBSTONES_DAMAGED',
  'KEY_MISMATCH',
  'ROLLOUT_SHORT',
  'ROLLOUT_CHANGED',
  'ROLLOUT_NOT_FOUND',
  'ROLLOUT_DAMAGED',
  'THREAD_UNAVAILABLE',
]

type Verdict =
  | 'same'
  | 'refused'
  | 'reported'
  | 'as before'
  | 'date lost'
  | 'resurrected'
  | 'another value'

/** Everything as it is now, on a machine of its own. */
const copyOf = (machine: SimMachine): SimMachine => ({
  ...machine,
  disk: [...crashStates(machine.disk, { limit: 2 })].at(-1) as SimDisk,
})

async function verdictOf(
  machine: SimMachine,
  damaged: DamagedLevel,
  isChecked: boolean,
  surveys: readonly Survey[],
): Promise<Verdict> {
  let store: ThreadStore | undefined
  try {
    const ports = damagedPorts(copyOf(machine), damaged, { isChecked })
    store = await openThreadStore('/store', { ...options, ...ports })
    const survey = await surveyStore(store, ids)
    const last = surveys.at(-1)!
    if (ids.some((id) => last[id] === 'deleted' && survey[id] !== 'deleted')) return 'resurrected'
    const { problems } = await store.verify()
    if (!ids.every((id) => wasEver(survey[id] ?? null, surveys, id))) return 'another value'
    const changed = ids.filter((id) => JSON.stringify(survey[id]) !== JSON.stringify(last[id]))
    if (changed.length === 0) return 'same'
    if (problems.length > 0) return 'reported'
    return changed.every((id) => last[id] === 'scheduled') ? 'date lost' : 'as before'
  } catch (error) {
    if (isStoreError(error) && typed.includes(error.code)) return 'refused'
    throw error
  } finally {
    await store?.close().catch(() => {})
  }
}

/** Every single thing that is told of a thread was so once, or is missing. */
function wasEver(now: Survey[string], surveys: readonly Survey[], id: string): boolean {
  const known = surveys.map((one) => one[id])
  if (now === null || typeof now !== 'object') return known.includes(now)
  const threads = known.filter((one) => one !== null && typeof one === 'object')
  const { attachments, lines, ...facts } = now
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  return (
    Object.entries(facts).every(([name, value]) =>
      threads.some((thread) => isSame(thread[name as keyof typeof thread], value)),
    ) &&
    attachments.every(
      // One that is gone has no value.
      ([kind, key, value]) =>
        threads.some(({ attachments: known }) =>
          known.some((one) => isSame(one, [kind, key, value ?? one[2]])),
        ),
    ) &&
    threads.some((thread) => isSame(thread.lines.slice(0, lines.length), lines))
  )
}

it('a damaged database is refused, reported or harmless', { timeout: TIMEOUT_MS }, async () => {
  const machine = newMachine()
  const ports = portsOf(machine, (_effect, _where, run) => run())
  const store = await openThreadStore('/store', { ...options, ...ports })
  const surveys = [await surveyStore(store, ids)]
  const counts = { checked: new Map<string, number>(), bare: new Map<string, number>() }
  const kinds = new Set<string>()
  const wrong: string[] = []
  let looks = 0
  for (const [index, [method, ...args]] of program.entries()) {
    await callOf(store, method, args)
    surveys.push(await surveyStore(store, ids))
    for (const damaged of levelDamages(machine.level, { limit: DAMAGES, seed: seed + index })) {
      for (const isChecked of [true, false]) {
        const verdict = await verdictOf(machine, damaged, isChecked, surveys)
        kinds.add(damaged.kind)
        looks += 1
        const tally = isChecked ? counts.checked : counts.bare
        tally.set(verdict, (tally.get(verdict) ?? 0) + 1)
        if (isWrong(verdict, isChecked, damaged))
          wrong.push(
            `${verdict}, ${isChecked ? 'checked' : 'bare'}, after ${index} ${method}: ${damaged.what}`,
          )
      }
    }
  }
  await store.close()
  const told = Object.entries(counts).map(
    ([name, tally]) => `${name}: ${[...tally].map((one) => one.join(' ')).join(', ')}`,
  )
  console.info(`damaged databases: ${looks} looked at, ${told.join('; ')}, seed ${seed}`)
  expect(wrong).toEqual([])
  expect(looks).toBeGreaterThan(LOOKS_MIN)
  expect(kinds.size).toBe(5)
  // Either line of defence has something to do.
  expect(counts.checked.get('refused')).toBeGreaterThan(LOOKS_MIN / 4)
  expect(counts.bare.get('refused')).toBeGreaterThan(LOOKS_MIN / 10)
})

function isWrong(verdict: Verdict, isChecked: boolean, { kind, looksTorn }: DamagedLevel): boolean {
  if (verdict === 'resurrected' || verdict === 'another value') return true
  // The last record of the newest log cannot be told from a batch that nobody was promised. Without the check of the
  // files the same holds of every record that has none behind it any more.
  const isEnd = isChecked ? looksTorn : kind.startsWith('log-') || kind === 'manifest-stale'
  if (verdict === 'date lost') return isChecked && !looksTorn
  return verdict === 'as before' && !isEnd
}
