// Explores what a program leaves behind when the power goes. The program runs on a simulated machine; before and after
// every effect it stops, and each state in which the machine may come back is recovered and looked at: by the oracle,
// and once more with the power going before and after every effect of the recovery, and of the recovery from that.
//
// States that were looked at before are passed over. Where there are more states than the limits allow, a seeded sample
// is taken. A failure has one line that replays it.

import { crc32 } from 'node:zlib'
import { seededRandom } from '../random.js'
import type { CrashMachinesOptions } from './crash-machines.js'
import type { Explored, ExploreFailure, ExploreOptions, ExploreReport } from './explored.js'
import { fingerprintOf } from './fingerprint.js'
import { type AroundMachine, portsOf, type SimMachine } from './sim-machine.js'
import { Stops } from './stops.js'

export async function explore<Engine>(
  explored: Explored<Engine>,
  options: ExploreOptions,
): Promise<ExploreReport> {
  const explorer = new Explorer(explored, options)
  await explorer.run()
  return explorer.report()
}

/** What is looked at on one level: of the program, of its recovery, of the recovery of that. */
interface Depth {
  readonly statesPerInstant: number
  readonly share: number
}

const depthsOf = (options: ExploreOptions): readonly Depth[] => [
  { statesPerInstant: options.statesPerInstant ?? 12, share: options.instantShare ?? 1 },
  { statesPerInstant: options.recoveryStatesPerInstant ?? 2, share: options.recoveryShare ?? 1 },
  {
    statesPerInstant: options.secondRecoveryStatesPerInstant ?? 0,
    share: options.secondRecoveryShare ?? 1,
  },
]

type Found = Omit<ExploreFailure, 'error'>

const undisturbed: AroundMachine = (_effect, _where, run) => run()

class Explorer<Engine> {
  readonly #explored: Explored<Engine>
  readonly #options: ExploreOptions
  readonly #depths: readonly Depth[]
  readonly #seen = new Set<string>()
  readonly #failures: ExploreFailure[] = []
  readonly #states: number[] = []
  #repeated = 0
  #instants = 0

  constructor(explored: Explored<Engine>, options: ExploreOptions) {
    this.#explored = explored
    this.#options = options
    this.#depths = depthsOf(options)
    this.#states = this.#depths.map(() => 0)
  }

  report(): ExploreReport {
    const [first = 0, second = 0, third = 0] = this.#states
    return {
      states: first + second + third,
      recoveryStates: second + third,
      secondRecoveryStates: third,
      repeated: this.#repeated,
      instants: this.#instants,
      failures: this.#failures,
    }
  }

  async run(): Promise<void> {
    const { machine, from = 0 } = this.#options
    let acknowledged = 0
    let open = false
    const ports = portsOf(
      machine,
      this.#stopping(machine, 0, '', () =>
        open && acknowledged >= from ? acknowledged : undefined,
      ),
    )
    const engine = await this.#explored.open(ports)
    open = true
    for (const operation of this.#explored.program) {
      if (this.#isOver) break
      await operation.run(engine)
      acknowledged += 1
    }
    open = false
    await this.#explored.close(engine)
  }

  get #isOver(): boolean {
    const { failuresMax = 10, isOver } = this.#options
    return this.#failures.length >= failuresMax || isOver?.() === true
  }

  /** Looks at the machine before and after every effect, while `acknowledged` gives a number. */
  #stopping(
    machine: SimMachine,
    depth: number,
    place: string,
    acknowledged: () => number | undefined,
  ): AroundMachine {
    const stops = new Stops(machine)
    // One at a time: effects of one program may overlap.
    let turn: Promise<unknown> = Promise.resolve()
    const look = async (at: string): Promise<void> => {
      const count = acknowledged()
      if (count === undefined || this.#isOver) return
      const instant = stops.next()
      const here = `${place}${instant}`
      this.#instants += 1
      if (!this.#isChosenInstant(depth, here)) return
      // Taken at once, before anything else runs.
      const states = stops.states(count, this.#limitsAt(depth, instant))
      if (states.length === 0) return
      const looking = turn.then(async () => {
        for (const { index, state } of states)
          await this.#lookAt(state, depth, { replay: `${here}.${index}`, at, acknowledged: count })
      })
      turn = looking
      await looking
    }
    return async (effect, where, run) => {
      await look(`before ${effect} ${where}`)
      try {
        return await run()
      } finally {
        await look(`after ${effect} ${where}`)
      }
    }
  }

  #limitsAt(depth: number, instant: number): CrashMachinesOptions {
    const limit = this.#depths[depth]!.statesPerInstant
    return { limit, seed: (this.#options.seed ?? 1) * 7_919 + instant * 31 + depth }
  }

  /** Of the program a share, of a recovery that is cut short every instant; of a replay the ones on its way. */
  #isChosenInstant(depth: number, place: string): boolean {
    const { replay } = this.#options
    // States of other instants are not even asked for: what is known from there would be left out here.
    if (replay !== undefined) return replay.startsWith(`${place}.`)
    return depth > 0 || this.#isChosen(0, place)
  }

  /** By the seed and the place. */
  #isChosen(depth: number, place: string): boolean {
    const { seed = 1 } = this.#options
    const { share } = this.#depths[depth]!
    return share >= 1 || seededRandom(crc32(`${seed} ${place}`))() < share
  }

  async #lookAt(machine: SimMachine, depth: number, found: Found): Promise<void> {
    const { replay } = this.#options
    if (this.#isOver) return
    const isWanted = replay === undefined || replay === found.replay
    const leadsThere = replay?.startsWith(`${found.replay}/`) === true
    if (!isWanted && !leadsThere) return
    const fingerprint = `${found.acknowledged} ${fingerprintOf(machine)}`
    if (replay === undefined && this.#seen.has(fingerprint)) {
      this.#repeated += 1
      return
    }
    this.#seen.add(fingerprint)
    this.#states[depth]! += 1
    const next = this.#depths[depth + 1]
    let recovering =
      next !== undefined &&
      next.statesPerInstant > 0 &&
      (leadsThere || this.#isChosen(depth + 1, found.replay))
    const around = recovering
      ? this.#stopping(machine, depth + 1, `${found.replay}/`, () =>
          recovering ? found.acknowledged : undefined,
        )
      : undisturbed
    try {
      const engine = await this.#explored.open(portsOf(machine, around))
      recovering = false
      try {
        const { acknowledged, replay: place } = found
        await this.#explored.check(engine, { acknowledged, machine, place })
      } finally {
        await this.#explored.close(engine)
      }
    } catch (error) {
      recovering = false
      if (isWanted) this.#failures.push({ ...found, error })
    }
  }
}
