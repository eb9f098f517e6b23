// A program, rehearsed once without a disturbance and then searched: the power goes before and after every effect, and
// whatever comes back must be the state after what was acknowledged, or after one operation more. For any engine: what
// its state is, it says itself.

import { explore } from '../explore/explore.js'
import type { Explored, ExploreOptions, ExploreReport } from '../explore/explored.js'
import { type MachinePorts, newMachine, portsOf, type SimMachine } from '../explore/sim-machine.js'
import { allowedAfter, type Durability, placeAmong } from './states.js'

export interface Searched<Engine, State> extends Pick<Explored<Engine>, 'close' | 'program'> {
  /** Opens the engine on a machine, the first time and after every crash. */
  open(ports: MachinePorts): Promise<Engine>
  /** All that a caller sees of the engine, as plain data; equal for two runs of the same program. */
  look(engine: Engine): Promise<State>
  /** Asked of every engine that came back in an allowed state; throws where it is not as it may be. */
  check?(
    engine: Engine,
    state: State,
    crash: Parameters<Explored<Engine>['check']>[1],
  ): Promise<void>
}

export type SearchOptions = Partial<ExploreOptions> & Durability

/** The states of an undisturbed run: before the first operation, and after each. */
export async function rehearse<Engine, State>(
  { open, close, program, look }: Searched<Engine, State>,
  machine: SimMachine = newMachine(),
): Promise<State[]> {
  const engine = await open(portsOf(machine, (_effect, _where, run) => run()))
  const states = [await look(engine)]
  for (const operation of program) {
    await operation.run(engine)
    states.push(await look(engine))
  }
  await close(engine)
  return states
}

/** `failures` is empty where nothing was found. */
export async function searchCrashes<Engine, State>(
  searched: Searched<Engine, State>,
  { machine = newMachine(), durable, ...options }: SearchOptions = {},
): Promise<ExploreReport> {
  const states = await rehearse(searched, newMachine(machine.seed, machine.startMs))
  return explore<Engine>(
    {
      open: (ports) => searched.open(ports),
      close: (engine) => searched.close(engine),
      program: searched.program,
      async check(engine, crash) {
        const allowed = allowedAfter(states, crash.acknowledged, durable ? { durable } : {})
        const state = await searched.look(engine)
        placeAmong(allowed, state)
        await searched.check?.(engine, state, crash)
      },
    },
    { machine, ...options },
  )
}
