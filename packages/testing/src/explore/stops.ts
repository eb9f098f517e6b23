// The instants of one run on a machine, and the states that each may come back in. A state that is known from the instant
// before is left out: much of what a program does changes nothing that a loss of power would show.

import { type CrashMachinesOptions, crashMachines, isWhole } from './crash-machines.js'
import type { SimMachine } from './sim-machine.js'

export interface NumberedState {
  /** Among the states of its instant, the ones that are left out included. */
  readonly index: number
  readonly state: SimMachine
}

export class Stops {
  readonly #machine: SimMachine
  #count = 0
  #acknowledged = -1
  /** What was there, and what of it was durable, when states were last given. */
  #present = ''
  #durable = ''
  #wasWhole = false

  constructor(machine: SimMachine) {
    this.#machine = machine
  }

  /** The number of an instant, from 0. */
  next(): number {
    this.#count += 1
    return this.#count - 1
  }

  /** Those that no earlier call gave; with another number of acknowledged operations all of them are new. */
  states(acknowledged: number, options: CrashMachinesOptions): NumberedState[] {
    const { disk, level } = this.#machine
    const present = `${disk.changes} ${level.lsm.revision}`
    const durable = `${disk.syncs} ${level.lsm.revision}`
    const isSame = acknowledged === this.#acknowledged
    // To make something durable takes states away, and adds none.
    const nothingNew =
      isSame && present === this.#present && (durable === this.#durable || this.#wasWhole)
    if (nothingNew) return []
    // The first state is what is durable and nothing else.
    const first = isSame && durable === this.#durable ? 1 : 0
    this.#acknowledged = acknowledged
    this.#present = present
    this.#durable = durable
    this.#wasWhole = isWhole(this.#machine, options.limit)
    return crashMachines(this.#machine, options)
      .map((state, index) => ({ index, state }))
      .slice(first)
  }
}
