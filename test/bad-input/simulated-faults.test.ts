// Every effect on disk or database fails once, before or after it happened, or from there on for good, on a simulated
// machine; then the process is gone, the power goes, and the oracle looks at what comes back. A batch that fails tears
// the database's log, and what it acknowledges afterwards is lost: only an engine that ends the handle survives that.

import { isStoreError, openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  type AnyCall,
  allowedAfter,
  type Errno,
  type FaultPlan,
  faultyPorts,
  type MachinePorts,
  newMachine,
  portsOf,
  powerLost,
  scanMachine,
} from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { checkRecovered } from '../crash/check-after-crash.js'
import { callOf, rehearseOn } from '../crash/rehearse.js'
import { ids } from '../crash/template.js'
import { Canaries, seededRandom } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { message } from '../support/thread-ids.js'

const options = { ballastBytes: 512, quietMs: 3_600_000, bufferedMs: 3_600_000, retryMs: 3_600_000 }
const canaries = new Canaries(seededRandom(6))
const text = () => message(canaries.next())

const program: readonly Call[] = [
  ['createThread', { threadId: ids.base, cwd: '/work', name: canaries.next() }],
  ['appendItems', ids.base, [text(), text()]],
  ['forkThread', ids.base, { newThreadId: ids.reference }],
  ['appendItems', ids.reference, [text()], { attachments: [{ kind: 'goal', key: 'a', value: 1 }] }],
  ['createThread', { threadId: ids.child, parentThreadId: ids.base, cwd: '/work' }],
  ['renameThread', ids.reference, canaries.next()],
  ['redactItems', ids.base, [1], 'pasted by mistake'],
  ['archiveThreads', [ids.base]],
  ['unarchiveThreads', [ids.base]],
  ['checkpoint'],
  ['appendItems', ids.base, [text()]],
  ['deleteThreads', [ids.base], { forks: 'detach' }],
  ['appendItems', ids.reference, [text()]],
]

const errnos: readonly Errno[] = ['EIO', 'ENOSPC', 'EBUSY', 'EMFILE', 'EROFS']
const RUNS_MIN = 180
/** `CENOTAPH_FAULTS=all` fails every effect in each of the ways; otherwise each in one of them. */
const isWhole = process.env.CENOTAPH_FAULTS === 'all'

const ways = [
  { when: 'before', lasts: 'once' },
  { when: 'after', lasts: 'once' },
  { when: 'before', lasts: 'for-good' },
] as const

interface Outcome {
  readonly hit: boolean
  readonly inDatabase: boolean
  readonly refused: boolean
}

async function runWithFault(
  plan: FaultPlan<AnyCall>,
  rehearsal: Awaited<ReturnType<typeof rehearsed>>,
  change: (ports: MachinePorts) => MachinePorts = (ports) => ports,
): Promise<Outcome> {
  const machine = newMachine()
  const { ports: given, hit, heal } = faultyPorts(machine, plan)
  const ports = change(given)
  let acknowledged = 0
  let absent = false
  let refused = false
  let store: ThreadStore | undefined
  try {
    store = await openThreadStore('/store', { ...options, ...ports })
    for (const [method, ...args] of program) {
      await callOf(store, method, args)
      acknowledged += 1
    }
  } catch (error) {
    if (!isStoreError(error)) throw error
    refused = true
    absent = error.outcome === 'absent'
  }
  heal()
  // The process is gone without a word.
  const after = powerLost(machine)
  const again = await openThreadStore('/store', {
    ...options,
    ...portsOf(after, (_effect, _where, run) => run()),
  })
  try {
    const allowed = allowedAfter(rehearsal.surveys, acknowledged)
    await checkRecovered(again, scanMachine(after, '/store'), {
      allowed: absent ? allowed.slice(0, 1) : allowed,
      surveys: rehearsal.surveys,
      tokens: canaries.tokens,
      lingering: rehearsal.lingering,
    })
  } finally {
    await again.close()
  }
  const { call } = hit() ?? {}
  return { hit: call !== undefined, inDatabase: call === 'batch' || call === 'compact', refused }
}

async function rehearsed() {
  const ports = portsOf(newMachine(), (_effect, _where, run) => run())
  return rehearseOn(
    await openThreadStore('/store', { ...options, ...ports }),
    { program },
    new Set(),
  )
}

describe('every effect on disk or database fails', () => {
  it('and what was acknowledged is there, after the power went', async () => {
    const rehearsal = await rehearsed()
    const counts = { runs: 0, inDatabase: 0, refused: 0 }
    const broken: string[] = []
    for (let index = 0, isOver = false; !isOver && broken.length < 10; index += 1) {
      for (const [place, way] of ways.entries()) {
        if (!isWhole && index % ways.length !== place) continue
        const errno = errnos[Math.floor(index / ways.length) % errnos.length]!
        try {
          const outcome = await runWithFault({ ...way, index, errno }, rehearsal)
          isOver ||= !outcome.hit
          if (!outcome.hit) continue
          counts.runs += 1
          counts.inDatabase += Number(outcome.inDatabase)
          counts.refused += Number(outcome.refused)
        } catch (error) {
          broken.push(`${errno} ${way.when} ${way.lasts}, effect ${index}: ${error}`)
        }
      }
    }
    console.info(
      `simulated faults: ${counts.runs} runs, ${counts.inDatabase} of them in the database, ${counts.refused} told their caller`,
    )
    expect(broken).toEqual([])
    expect(counts.runs).toBeGreaterThan(RUNS_MIN)
    expect(counts.inDatabase).toBeGreaterThan(20)
    expect(counts.refused).toBeGreaterThan(counts.runs / 2)
  })

  it('and an engine that goes on after a failed batch is caught', async () => {
    const rehearsal = await rehearsed()
    const caught: string[] = []
    for (let index = 2; index < 12; index += 3) {
      const plan = { index, calls: ['batch'], errno: 'EIO' } as const
      await runWithFault(plan, rehearsal, goingOn).catch((error) => caught.push(String(error)))
    }
    console.info(`an engine that goes on: caught ${caught.length} times of 4, ${caught[0]}`)
    expect(caught.length).toBe(4)
  })
})

/** What the database says of a failed batch is not heard. */
const goingOn = (ports: MachinePorts): MachinePorts => ({
  ...ports,
  levels: {
    ...ports.levels,
    async open(folder, openOptions) {
      const level = await ports.levels.open(folder, openOptions)
      const batch = level.batch.bind(level) as (...given: readonly unknown[]) => Promise<void>
      return Object.assign(level, {
        batch: (...given: readonly unknown[]) => batch(...given).catch(() => {}),
      })
    },
  },
})
