// Power loss in a repair: of a store that opens, in which another program went on with a rollout, a letter has changed and
// a rollout of the dead is back. At every effect of the repair the power goes, and the states in which disk and database
// may come back are opened or repaired, and then once more with the power going in that.
//
// A repair that rebuilds the database works on LevelDB's own files, which no simulator has: test/crash cuts that one.

import { openThreadStore, repairStore, type ThreadStore } from '@cenotaph/core'
import { readWhole } from '@cenotaph/storage'
import {
  type AroundMachine,
  explore,
  type MachinePorts,
  newMachine,
  portsOf,
  type SimMachine,
} from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { storeOptions } from '../crash/template.js'
import { testId } from '../support/thread-ids.js'
import { codeOf, factsOf, type StoreFacts } from '../support-fixtures/store-state.fixture.js'
import { foreignLine, say } from '../traps/store.fixture.js'
import './remembered-keys.js'

const seed = Number(process.env.CENOTAPH_SEED ?? 1)
/** By what comes after the crash. */
const STATES_MIN = { open: 80, repair: 400 } as const

const ids = { extended: testId(1), changed: testId(2), dead: testId(3) }
const deadText = 'a text of the dead, which nobody may find again'
const undisturbed: AroundMachine = (_effect, _where, run) => run()
const root = '/store'

const opened = (ports: MachinePorts): Promise<ThreadStore> =>
  openThreadStore(root, { ...storeOptions, ...ports })
const repaired = (ports: MachinePorts) => repairStore(root, { ...storeOptions, ...ports })

/** Paths of the rollouts of a thread. */
async function rolloutOf(machine: SimMachine, id: string, folder = root): Promise<string> {
  const found: string[] = []
  const visit = async (at: string): Promise<void> => {
    for (const { name, kind } of (await machine.disk.list(at)) ?? [])
      if (kind === 'folder') await visit(`${at}/${name}`)
      else if (name.includes(id)) found.push(`${at}/${name}`)
  }
  await visit(folder)
  expect(found).toHaveLength(1)
  return found[0]!
}

/** As another program does that syncs what it writes. */
async function overwrite(machine: SimMachine, path: string, at: number, bytes: Uint8Array) {
  const file = (await machine.disk.openWrite(path)) ?? (await machine.disk.create(path))
  await file!.write(at, bytes)
  await file!.sync()
  await file!.close()
  await machine.disk.syncFolder(path.slice(0, path.lastIndexOf('/')))
}

async function damagedMachine(): Promise<SimMachine> {
  const machine = newMachine()
  const store = await opened(portsOf(machine, undisturbed))
  for (const [name, threadId] of Object.entries(ids)) {
    await store.createThread({ threadId, name })
    const text = threadId === ids.dead ? deadText : `one in ${name}`
    await store.appendItems(threadId, [say(text), say('two')])
  }
  await store.checkpoint()
  const place = await rolloutOf(machine, ids.dead)
  const before = (await readWhole(machine.disk, place))!
  await store.deleteThread(ids.dead)
  await store.close()
  await overwrite(machine, place, 0, before)
  const extended = await rolloutOf(machine, ids.extended)
  const end = (await readWhole(machine.disk, extended))!.length
  const tail = foreignLine(3, 'theirs') + foreignLine(4, 'half of it').slice(0, 60)
  await overwrite(machine, extended, end, Buffer.from(tail))
  const changed = await rolloutOf(machine, ids.changed)
  const at = Buffer.from((await readWhole(machine.disk, changed))!).indexOf('one in')
  await overwrite(machine, changed, at, Buffer.from('0'))
  return machine
}

interface Looked {
  readonly facts: StoreFacts
  readonly problems: readonly string[]
}

async function lookAt(store: ThreadStore): Promise<Looked> {
  expect(await codeOf(() => store.readThread(ids.dead))).toBe('THREAD_DELETED')
  const { problems } = await store.verify()
  return {
    facts: await factsOf(store),
    problems: [...new Set(problems.map(({ code, threadId }) => `${code} ${threadId}`))].sort(),
  }
}

const lookedAt = async (ports: MachinePorts): Promise<Looked> => {
  const store = await opened(ports)
  try {
    return await lookAt(store)
  } finally {
    await store.close()
  }
}

type Break = (ports: MachinePorts) => MachinePorts

/** `broken`: what stands between the repair that is cut short and the machine. */
async function search(recover: keyof typeof STATES_MIN, broken: Break = (ports) => ports) {
  const before = await lookedAt(portsOf(await damagedMachine(), undisturbed))
  const finished = await damagedMachine()
  await repaired(portsOf(finished, undisturbed))
  const after = await lookedAt(portsOf(finished, undisturbed))
  expect(after).not.toEqual(before)
  let openings = 0
  const report = await explore<{ readonly ports: MachinePorts; readonly store?: ThreadStore }>(
    {
      async open(ports) {
        openings += 1
        if (openings === 1) return { ports }
        if (recover === 'repair') await repaired(ports)
        return { ports, store: await opened(ports) }
      },
      close: async () => {},
      program: [
        { name: 'repair', run: ({ ports }) => repaired(broken(ports)) },
        // Whatever comes after an acknowledgement finds what was acknowledged.
        { name: 'open and close', run: async ({ ports }) => (await opened(ports)).close() },
      ],
      async check({ store }, { acknowledged }) {
        const looked = await lookAt(store!)
        if (recover === 'repair' || acknowledged > 0) expect(looked).toEqual(after)
        else
          for (const id of [ids.extended, ids.changed])
            expect([before.facts[id], after.facts[id]]).toContainEqual(looked.facts[id])
      },
    },
    { machine: await damagedMachine(), seed, statesPerInstant: 12, recoveryStatesPerInstant: 1 },
  )
  return { report, after }
}

describe('power loss at every effect of a repair', () => {
  it.each(['open', 'repair'] as const)('and then %s', async (recover) => {
    const { report, after } = await search(recover)
    expect(report.failures.map((one) => `${one.replay} (${one.at}): ${one.error}`)).toEqual([])
    console.info(
      `simulated power loss: ${report.states} states (${report.recoveryStates} of them in recoveries), a repair and then: ${recover}, seed ${seed}`,
    )
    expect(report.states).toBeGreaterThanOrEqual(STATES_MIN[recover])
    expect(after.facts[ids.extended]?.texts).toEqual(['one in extended', 'two', 'theirs'])
    expect(after.problems.every((one) => one.startsWith('QUARANTINE'))).toBe(true)
  })

  it('tells a repair that syncs no folder of what it unlinks', async () => {
    const { report } = await search('open', (ports) => ({
      ...ports,
      disk: { ...ports.disk, syncFolder: async () => {} },
    }))
    expect(report.failures).not.toEqual([])
  })
})
