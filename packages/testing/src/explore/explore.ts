// Explores what a program leaves behind when the power goes. The program runs on a simulated machine; before and after
// every effect it stops, and each state in which the machine may come back is recovered and looked at: by the oracle,
// and once more with the power going before and after every effect of the recovery.
//
// States that were looked at before are passed over. Where there are more states than the limits allow, a seeded sample
// is taken; the report says how many there were. A failure has one line that replays it.

import { copyOfDisk, crashStates } from '../disk/crash-states.js'
import { levelCrashStates } from '../level/sim-level-folder.js'
import { fingerprintOf } from './fingerprint.js'
import { type Effect, type MachinePorts, portsOf, type SimMachine } from './sim-machine.js'

export interface Explored<Engine> {
  /** Opens the engine on the machine: the first time, and after every crash. */
  open(ports: MachinePorts): Promise<Engine>
  /** Lets go of an engine that was looked at. */
  close(engine: Engine): Promise<void>
  /** In order; each is acknowledged when it resolves. */
  readonly program: readonly Operation<Engine>[]
  /** Throws where a recovered engine is not as it may be. */
  check(engine: Engine, crash: Crash): Promise<void>
}

export interface Operation<Engine> {
  readonly name: string
  run(engine: Engine): Promise<unknown>
}

export interface Crash {
  /** Operations that had been acknowledged. */
  readonly acknowledged: number
  readonly machine: SimMachine
}

export interface ExploreOptions {
  readonly machine: SimMachine
  /** States looked at for one instant. Default 12. */
  readonly statesPerInstant?: number
  /** States looked at for one instant of a recovery. Default 2; 0 leaves recoveries alone. */
  readonly recoveryStatesPerInstant?: number
  readonly seed?: number
  /** Instants before this operation are not looked at. Default 0. */
  readonly from?: number
  /** Only this state, as a failure names it. */
  readonly replay?: string
  /** Asked now and then; true ends the search early. */
  readonly isOver?: () => boolean
}

export interface ExploreReport {
  /** Different states that were recovered and looked at. */
  readonly states: number
  /** Of those, states after a crash during a recovery. */
  readonly recoveryStates: number
  /** Instants of the program and of the recoveries. */
  readonly instants: number
  readonly failures: readonly ExploreFailure[]
}

export interface ExploreFailure {
  /** `<instant>.<state>`, and for a crash in a recovery `/<instant>.<state>` behind it. */
  readonly replay: string
  /** What was going on at the instant. */
  readonly at: string
  readonly acknowledged: number
  readonly error: unknown
}

const FAILURES_MAX = 10

export async function explore<Engine>(
  explored: Explored<Engine>,
  options: ExploreOptions,
): Promise<ExploreReport> {
  const explorer = new Explorer(explored, options)
  await explorer.run()
  return explorer.report()
}

class Explorer<Engine> {
  readonly #explored: Explored<Engine>
  readonly #options: ExploreOptions
  readonly #seen = new Set<string>()
  readonly #failures: ExploreFailure[] = []
  #states = 0
  #recoveryStates = 0
  #instants = 0

  constructor(explored: Explored<Engine>, options: ExploreOptions) {
    this.#explored = explored
    this.#options = options
  }

  report(): ExploreReport {
    return {
      states: this.#states,
      recoveryStates: this.#recoveryStates,
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
      this.#stopping(machine, 1, '', () => {
        return open && acknowledged >= from ? acknowledged : undefined
      }),
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
    return this.#failures.length >= FAILURES_MAX || this.#options.isOver?.() === true
  }

  /** Looks at the machine before and after every effect, while `acknowledged` gives a number. */
  #stopping(
    machine: SimMachine,
    depth: number,
    place: string,
    acknowledged: () => number | undefined,
  ) {
    let instant = 0
    // One at a time: effects of one program may overlap.
    let turn: Promise<unknown> = Promise.resolve()
    const look = (at: string): Promise<void> => {
      const count = acknowledged()
      if (count === undefined || this.#isOver) return Promise.resolve()
      const states = this.#statesOf(machine, depth, instant)
      const here = `${place}${instant}`
      instant += 1
      this.#instants += 1
      const looking = turn.then(async () => {
        for (const [index, state] of states.entries()) {
          await this.#lookAt(state, depth, { replay: `${here}.${index}`, at, acknowledged: count })
        }
      })
      turn = looking
      return looking
    }
    return async (effect: Effect, where: string, run: () => Promise<unknown>): Promise<unknown> => {
      await look(`before ${effect} ${where}`)
      try {
        return await run()
      } finally {
        await look(`after ${effect} ${where}`)
      }
    }
  }

  /** Taken at once, before anything else runs. */
  #statesOf(machine: SimMachine, depth: number, instant: number): SimMachine[] {
    const { statesPerInstant = 12, recoveryStatesPerInstant = 2 } = this.#options
    const limit = depth === 1 ? statesPerInstant : recoveryStatesPerInstant
    if (limit === 0) return []
    const seed = (this.#options.seed ?? 1) * 7_919 + instant * 31 + depth
    const levels = [...levelCrashStates(machine.level, { limit, seed })]
    const disks = [...crashStates(machine.disk, { limit, seed })]
    const count = Math.max(levels.length, disks.length)
    return Array.from({ length: count }, (_, index) => ({
      ...machine,
      // Each state is changed by its recovery, so none may be part of two.
      disk: index < disks.length ? disks[index]! : copyOfDisk(disks[index % disks.length]!),
      level: levels[(index + instant) % levels.length]!.copy(),
      seed: machine.seed + 1,
    }))
  }

  async #lookAt(
    machine: SimMachine,
    depth: number,
    found: Omit<ExploreFailure, 'error'>,
  ): Promise<void> {
    const { replay } = this.#options
    if (this.#isOver) return
    const isWanted = replay === undefined || replay === found.replay
    const leadsThere = replay?.startsWith(`${found.replay}/`) === true
    if (!isWanted && !leadsThere) return
    const fingerprint = `${found.acknowledged} ${fingerprintOf(machine)}`
    if (replay === undefined && this.#seen.has(fingerprint)) return
    this.#seen.add(fingerprint)
    this.#states += 1
    if (depth > 1) this.#recoveryStates += 1
    let recovering = true
    const deeper = this.#stopping(machine, depth + 1, `${found.replay}/`, () =>
      recovering && depth === 1 ? found.acknowledged : undefined,
    )
    try {
      const engine = await this.#explored.open(portsOf(machine, deeper))
      recovering = false
      try {
        await this.#explored.check(engine, { acknowledged: found.acknowledged, machine })
      } finally {
        await this.#explored.close(engine)
      }
    } catch (error) {
      recovering = false
      if (isWanted) this.#failures.push({ ...found, error })
    }
  }
}
