// One operation of a thread store, as an arbitrary gives it and a program makes it.

import { type Said, told } from './said.js'
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
  /** There is nothing that it could be about: it counts for nothing. */
  readonly isNothing?: boolean
  /** Its answer in plain data. */
  call(): Promise<unknown>
  /** The same in the model, at any time after. */
  apply(model: ThreadModel): Said
}

export const verb = (
  name: string,
  prepare: (system: System, model: ThreadModel) => Prepared | Promise<Prepared>,
): Verb => ({ name, prepare: async (system, model) => prepare(system, model) })

/** Where there is nothing that a call could be about. */
export const nothing: Prepared = {
  text: 'nothing',
  isNothing: true,
  call: async () => {},
  apply: () => told(),
}

/** An id, for people. */
export const short = (id: string): string => `#${Number.parseInt(id.slice(-2), 16)}`
