// One operation of a thread store, as an arbitrary gives it and a program makes it.

import type { Said } from './said.js'
import type { System } from './system.js'
import type { ThreadModel } from './thread-model.js'

export interface Verb {
  readonly name: string
  /** Asked while nothing else is under way. */
  prepare(system: System, model: ThreadModel): Promise<Prepared>
}

/** One call, ready to be made. */
export interface Prepared {
  /** What the call is about, for people. */
  readonly text: string
  /** Its answer in plain data. */
  call(): Promise<unknown>
  /** The same in the model, at any time after. */
  apply(model: ThreadModel): Said
}

export const verb = (
  name: string,
  prepare: (system: System, model: ThreadModel) => Prepared | Promise<Prepared>,
): Verb => ({ name, prepare: async (system, model) => prepare(system, model) })

/** An id, for people. */
export const short = (id: string): string => `#${Number.parseInt(id.slice(-2), 16)}`
