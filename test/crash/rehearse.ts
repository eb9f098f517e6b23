// What a program leads to when nothing goes wrong: what crashed runs of it are compared with.

import { openThreadStore, type Participant, type ThreadStore } from '@cenotaph/core'
import { tokensIn } from '../support/canary.js'
import type { ChildRun } from '../support/run-child.js'
import { type Survey, surveyStore } from '../support/survey.js'
import type { Scenario } from './scenarios.js'
import { allIds, storeOptions } from './template.js'

export interface Rehearsal {
  /** Before the first call, and after each. */
  readonly surveys: readonly Survey[]
  /** Tokens that living threads keep without showing them. */
  readonly lingering: ReadonlySet<string>
}

export interface TimedRehearsal extends Rehearsal {
  /** What the program passes from its first call on, and a child that runs it too. */
  readonly instants: readonly ReachedInstant[]
}

/** One hit, from 1, of a named instant. */
export interface Instant {
  readonly point: string
  readonly hit: number
}

/** A participant whose host keeps nothing, by the name that a program has for it. */
export const keepsNothing = (name: string): Participant => ({
  name,
  erase: async () => {},
  verify: async () => [],
})

export const instantText = ({ point, hit }: Instant): string => `${point} (hit ${hit})`

export const optionsOf = (scenario: Pick<Scenario, 'options'>) => ({
  ...storeOptions,
  ...scenario.options,
})

/** The program in one go, on a store of its own. */
export async function rehearse(
  scenario: Scenario,
  root: string,
  lines: ReadonlySet<string>,
): Promise<TimedRehearsal> {
  const { participants = [], ...options } = optionsOf(scenario) as { participants?: string[] }
  const instants: ReachedInstant[] = []
  const hits = new Map<string, number>()
  let acknowledged = 0
  let armed = false
  const crashPoint = (point: string): void => {
    if (!armed) return
    const hit = (hits.get(point) ?? 0) + 1
    hits.set(point, hit)
    instants.push({ point, hit, acknowledged })
  }
  const store = await openThreadStore(root, {
    ...options,
    crashPoint,
    participants: participants.map(keepsNothing),
  })
  armed = true
  const rehearsal = await rehearseOn(store, scenario, lines, () => {
    acknowledged += 1
    // What closes the store behind the program is no part of it.
    armed = acknowledged < scenario.program.length
  })
  return {
    ...rehearsal,
    instants: instants.filter((one) => one.acknowledged >= (scenario.from ?? 0)),
  }
}

/** As {@link rehearse}, on a store that is open; it is closed afterwards. */
export async function rehearseOn(
  store: ThreadStore,
  scenario: Pick<Scenario, 'program'>,
  lines: ReadonlySet<string>,
  acknowledged: () => void = () => {},
): Promise<Rehearsal> {
  const look = () => surveyStore(store, allIds, lines)
  const surveys = [await look()]
  for (const [method, ...args] of scenario.program) {
    if (method === 'close') {
      await store.close()
      surveys.push(surveys.at(-1)!)
      acknowledged()
      continue
    }
    await callOf(store, method, args)
    acknowledged()
    surveys.push(await look())
  }
  await store.close()
  return { surveys, lingering: formerTexts(surveys) }
}

/**
 * `retention.run` and `attachments.put` are verbs, too; the second one takes the thread's id first. Programs name
 * participants.
 */
export function callOf(
  store: ThreadStore,
  method: string,
  words: readonly unknown[],
): Promise<unknown> {
  const args = method === 'registerParticipant' ? (words as string[]).map(keepsNothing) : words
  type Verbs = Record<string, (...given: readonly unknown[]) => Promise<unknown>>
  const [verb, verbOfThread] = method.split('.')
  if (verbOfThread === undefined) return (store as unknown as Verbs)[verb!]!(...args)
  const subject = (store as unknown as Record<string, Verbs | ((id: unknown) => Verbs)>)[verb!]!
  if (typeof subject === 'object') return subject[verbOfThread]!(...args)
  return subject.call(store, args[0])[verbOfThread]!(...args.slice(1))
}

/** A name or a reason that a living thread no longer has stays in the thread's own events. */
function formerTexts(surveys: readonly Survey[]): Set<string> {
  const names = surveys.flatMap((survey) =>
    Object.entries(survey).flatMap(([id, thread]) =>
      thread && typeof thread === 'object' && surveys.at(-1)![id] !== 'deleted'
        ? [thread.name, thread.holdReason]
        : [],
    ),
  )
  return tokensIn(names.join(' '))
}

export interface ReachedInstant extends Instant {
  readonly acknowledged: number
}

/** The instants of a run behind so many acknowledged calls. Hits count from the first call on. */
export function instantsOf(run: ChildRun, from: number): ReachedInstant[] {
  const hits = new Map<string, number>()
  return run.instants.flatMap(({ point, acknowledged }) => {
    const hit = (hits.get(point) ?? 0) + 1
    hits.set(point, hit)
    return acknowledged < from ? [] : [{ point, hit, acknowledged }]
  })
}

/** What a store may look like once `acknowledged` calls were told to have happened: so many of them, or one more. */
export const allowedAfter = (
  { durable = (count) => count }: Pick<Scenario, 'durable'>,
  surveys: readonly Survey[],
  acknowledged: number,
): readonly Survey[] => surveys.slice(durable(acknowledged), acknowledged + 2)
