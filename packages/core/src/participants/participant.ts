// What a host that keeps data of its own about threads hands to the store, so that a delete reaches that data too.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export interface ParticipantContext {
  /** Aborted when the time is up, and when the store closes. */
  readonly signal: AbortSignal
  /** The delete's id, which will be its receipt's. The same for every try. */
  readonly operationId: string
  /** From 1, over all processes that tried. */
  readonly attempt: number
  /** For this one call. */
  readonly timeoutMs: number
}

export interface Participant {
  /** 1 to 100 characters on one line. It stands in the event log and in receipts for ever: no text of a thread. */
  readonly name: string
  /** Removes what belongs to the threads; at most 1,000 in a call. Ids that are gone or unknown are no error. */
  erase(threadIds: readonly ThreadId[], context: ParticipantContext): Promise<void>
  /** Looks again: the ids of which something is still there. Empty when nothing is. */
  verify(threadIds: readonly ThreadId[], context: ParticipantContext): Promise<readonly string[]>
}

/** The code of participants, by name: of this process, and kept when the store is reopened. */
export type ParticipantCode = Map<string, Participant>

const NAME_CHARACTERS_MAX = 100
const REASON_CHARACTERS_MAX = 200

/** One line has no control characters, and none of the two that Unicode ends lines with. */
const isLine = (text: unknown, charactersMax: number): text is string =>
  typeof text === 'string' &&
  text.trim() !== '' &&
  text.length <= charactersMax &&
  !/[\p{Cc}\u2028\u2029]/u.test(text)

/** @throws ARGUMENT_INVALID */
export function checkParticipantName(name: unknown): asserts name is string {
  if (!isLine(name, NAME_CHARACTERS_MAX))
    throw invalid('name', 'the name of a participant has 1 to 100 characters on one line')
}

/** @throws ARGUMENT_INVALID */
export function checkForgetReason(reason: unknown): asserts reason is string {
  if (!isLine(reason, REASON_CHARACTERS_MAX))
    throw invalid('reason', 'the reason has 1 to 200 characters on one line')
}

/** @throws ARGUMENT_INVALID */
export function checkParticipant(given: unknown): asserts given is Participant {
  if (typeof given !== 'object' || given === null)
    throw invalid('participant', 'a participant is an object')
  const { name, erase, verify } = given as Record<string, unknown>
  checkParticipantName(name)
  if (typeof erase !== 'function' || typeof verify !== 'function')
    throw invalid('participant', 'a participant has the functions erase and verify')
}

/** @throws ARGUMENT_INVALID, PARTICIPANT_EXISTS */
export function participantCode(participants: readonly Participant[]): ParticipantCode {
  if (!Array.isArray(participants)) throw invalid('participants', 'participants must be a list')
  const code: ParticipantCode = new Map()
  for (const participant of participants) {
    checkParticipant(participant)
    refuseOther(code, participant)
    code.set(participant.name, participant)
  }
  return code
}

/** Two pieces of code under one name would each erase half. @throws PARTICIPANT_EXISTS */
export function refuseOther(code: ParticipantCode, participant: Participant): void {
  const present = code.get(participant.name)
  if (!present || present === participant) return
  throw new StoreError('PARTICIPANT_EXISTS', 'another participant has this name in this process', {
    detail: { name: participant.name },
  })
}

const invalid = (argument: string, message: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', message, { detail: { argument } })
