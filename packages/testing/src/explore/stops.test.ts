import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crashMachines } from './crash-machines.js'
import { fingerprintOf } from './fingerprint.js'
import { newMachine, portsOf, type SimMachine } from './sim-machine.js'
import { Stops } from './stops.js'

type Step =
  | 'write'
  | 'write more'
  | 'sync'
  | 'create'
  | 'sync the folder'
  | 'unlink'
  | 'batch'
  | 'batch that is not synced'
  | 'acknowledge'

const steps: readonly Step[] = [
  'write',
  'write more',
  'sync',
  'create',
  'sync the folder',
  'unlink',
  'batch',
  'batch that is not synced',
  'acknowledge',
]

/** Runs the steps on a machine, and calls back before the first and after each. */
async function run(
  given: readonly Step[],
  look: (machine: SimMachine, acknowledged: number) => void,
): Promise<void> {
  const machine = newMachine()
  const { disk, levels } = portsOf(machine, (_effect, _where, run) => run())
  const level = await levels.open('/level', { createIfMissing: true })
  const batch = (number: number, sync: boolean) =>
    level.batch([{ type: 'put', key: `k${number}`, value: Buffer.of(number) }], { sync } as object)
  let acknowledged = 0
  look(machine, acknowledged)
  for (const [number, step] of given.entries()) {
    const file = await disk.openWrite('/a')
    if (step === 'write') await file?.write(0, Buffer.of(number))
    else if (step === 'write more') await file?.write((await file.size()) + 500, Buffer.of(number))
    else if (step === 'sync') await file?.sync()
    else if (step === 'create') await disk.create('/a')
    else if (step === 'sync the folder') await disk.syncFolder('/')
    else if (step === 'unlink') await disk.unlink('/a')
    else if (step === 'acknowledge') acknowledged += 1
    else await batch(number, step === 'batch')
    look(machine, acknowledged)
  }
}

describe('the states that are known from the instant before', () => {
  it('are left out, and no others', async () => {
    let given = 0
    let all = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...steps), { minLength: 2, maxLength: 14 }),
        async (program) => {
          const limits = { limit: 100, seed: 1 }
          const everywhere = new Set<string>()
          const shown = new Set<string>()
          let stops: Stops | undefined
          await run(program, (machine, acknowledged) => {
            stops ??= new Stops(machine)
            const states = crashMachines(machine, limits)
            if (states.length > 90) return
            for (const state of states) everywhere.add(`${acknowledged} ${fingerprintOf(state)}`)
            all += states.length
            for (const { index, state } of stops.states(acknowledged, limits)) {
              given += 1
              shown.add(`${acknowledged} ${fingerprintOf(state)}`)
              // A replay finds the state by its number.
              expect(fingerprintOf(state)).toBe(fingerprintOf(states[index]!))
            }
          })
          expect(shown).toEqual(everywhere)
        },
      ),
      { numRuns: 80 },
    )
    expect(given).toBeGreaterThan(250)
    expect(given).toBeLessThan(all * 0.8)
  })
})

describe('the states of disk and database together', () => {
  it('are every pair where the limit allows, and keep both extremes where it does not', async () => {
    const program: Step[] = [
      'create',
      'write',
      'batch that is not synced',
      'batch that is not synced',
    ]
    let looked = 0
    await run(program, (machine) => {
      const whole = new Set(crashMachines(machine, { limit: 1_000, seed: 1 }).map(fingerprintOf))
      if (machine.disk.changes < 2 || whole.size < 9) return
      looked += 1
      // No file, an empty one, one with a zero or with what was written; none, one or both batches.
      expect(whole.size).toBe(4 * 3)
      const [nothing] = crashMachines(machine, { limit: 1_000, seed: 1 })
      const sample = crashMachines(machine, { limit: 4, seed: 7 }).map(fingerprintOf)
      expect(sample).toHaveLength(4)
      expect([...whole]).toEqual(expect.arrayContaining(sample))
      expect(sample).toContain(fingerprintOf(nothing!))
      expect(new Set(sample).size).toBeGreaterThan(2)
    })
    expect(looked).toBe(1)
  })
})
