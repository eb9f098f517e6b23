// What is explored, how far, and what comes of it; see explore.ts.

import type { MachinePorts, SimMachine } from './sim-machine.js'

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
  /** The instants and the state, as a failure names them. */
  readonly place: string
}

export interface ExploreOptions {
  readonly machine: SimMachine
  /** States looked at for one instant. Default 12. */
  readonly statesPerInstant?: number
  /** States looked at for one instant of a recovery. Default 2; 0 leaves recoveries alone. */
  readonly recoveryStatesPerInstant?: number
  /** The same for the recovery of a machine that lost its power in a recovery. Default 0. */
  readonly secondRecoveryStatesPerInstant?: number
  /** Part of the program's instants that are looked at, by the seed. Default 1. */
  readonly instantShare?: number
  /** Part of the states whose recovery is cut short too. Default 1. */
  readonly recoveryShare?: number
  /** Part of the states of recoveries whose own recovery is cut short. Default 1. */
  readonly secondRecoveryShare?: number
  readonly seed?: number
  /** Instants before this operation are not looked at. Default 0. */
  readonly from?: number
  /** Only this state, as a failure names it. */
  readonly replay?: string
  /** The search ends with so many failures. Default 10. */
  readonly failuresMax?: number
  /** Asked now and then; true ends the search early. */
  readonly isOver?: () => boolean
}

export interface ExploreReport {
  /** Different states that were recovered and looked at. */
  readonly states: number
  /** Of those, states after a crash during a recovery. */
  readonly recoveryStates: number
  /** Of those, states after a second crash during a recovery. */
  readonly secondRecoveryStates: number
  /** States that were passed over, because the same had been looked at. */
  readonly repeated: number
  /** Instants of the program and of the recoveries. */
  readonly instants: number
  readonly failures: readonly ExploreFailure[]
}

export interface ExploreFailure {
  /** `<instant>.<state>`, and for each crash in a recovery `/<instant>.<state>` behind it. */
  readonly replay: string
  /** What was going on at the instant. */
  readonly at: string
  readonly acknowledged: number
  readonly error: unknown
}
