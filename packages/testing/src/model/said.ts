// What a model says of a call, and what a store did: a refusal with one of some codes, or an answer.

import { AssertionError } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

export interface Said {
  /** Codes of a refusal, any of which may be told; undefined where the call must succeed. */
  readonly refused?: readonly string[]
  /** What the call must answer, where the model has a say in it. */
  readonly answer?: unknown
}

export interface Outcome {
  /** Of the refusal; undefined where the call succeeded. */
  readonly code?: string
  readonly answer?: unknown
}

export const refusedWith = (refused: readonly string[]): Said => ({ refused })

export const told = (answer?: unknown): Said => (answer === undefined ? {} : { answer })

/** The answer of a call, in plain data, or the code of its refusal. */
export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { answer: await call() }
  } catch (error) {
    // What a verb asserts of a store by itself.
    if (error instanceof AssertionError) throw error
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
    return { code: String(code ?? message) }
  }
}

export function explains({ refused, answer }: Said, outcome: Outcome): boolean {
  if (refused) return outcome.code !== undefined && refused.includes(outcome.code)
  if (outcome.code !== undefined) return false
  return answer === undefined || isDeepStrictEqual(outcome.answer, answer)
}
