// Turns in the model. A line that begins or ends one says so in its text, so that a thread stays a list of texts.

import {
  messageOf,
  type ReadText,
  readTexts,
  type TextsOptions,
  textOfItem,
} from '../store/speaking.js'
import type { ItemLike, ThreadStoreLike } from '../store/thread-store-like.js'
import type { ModelThread } from './model-thread.js'

const types = {
  started: 'task_started',
  completed: 'task_complete',
  aborted: 'turn_aborted',
} as const

type Mark = keyof typeof types

/** The text of a line that begins or ends a turn; no message has such a one. */
export const markOf = (mark: Mark, turnId: string): string => `${mark} turn ${turnId}`

function parseMark(text: string | null): { readonly mark: Mark; readonly turnId: string } | null {
  const [, mark, turnId] = /^(started|completed|aborted) turn (.+)$/.exec(text ?? '') ?? []
  return mark === undefined || turnId === undefined ? null : { mark: mark as Mark, turnId }
}

export const isMark = (text: string | null): boolean => parseMark(text) !== null

/** What is appended for a line of the model. */
export function itemOf(text: string): ItemLike {
  const parsed = parseMark(text)
  if (!parsed) return messageOf(text)
  return { type: 'event_msg', payload: { type: types[parsed.mark], turn_id: parsed.turnId } }
}

/** The line of the model that an item is; undefined for one that the store has written by itself. */
export function lineOf(item: ItemLike): string | null | undefined {
  if (item.type !== 'event_msg') return textOfItem(item)
  const { type, turn_id: turnId } = item.payload as { type?: string; turn_id?: string }
  const mark = (Object.keys(types) as Mark[]).find((one) => types[one] === type)
  return mark === undefined ? undefined : markOf(mark, turnId ?? '')
}

/** What a fork of so many lines adds to end a turn that its cut leaves open. */
export function endOfOpenTurn(lines: ModelThread['lines']): ModelThread['lines'] {
  for (const { text } of lines.toReversed()) {
    const parsed = parseMark(text)
    if (parsed?.mark === 'started') return [{ text: markOf('aborted', parsed.turnId) }]
    if (parsed) return []
  }
  return []
}

/** The lines of a thread that the model knows; in order, whichever way they are read. */
export const linesOf = (
  store: ThreadStoreLike,
  id: string,
  options: TextsOptions = {},
): Promise<ReadText[]> => readTexts(store, id, lineOf, options)

export interface ModelTurn {
  readonly turnId: string
  readonly status: string
  readonly items: number
}

/** From each line that starts a turn to the one that ends it, or to the next start. */
export function turnsOf({ lines }: Pick<ModelThread, 'lines'>): ModelTurn[] {
  const turns: { turnId: string; status: string; items: number }[] = []
  let open: (typeof turns)[number] | undefined
  for (const { text } of lines) {
    const parsed = parseMark(text)
    if (parsed?.mark === 'started') {
      open = { turnId: parsed.turnId, status: 'open', items: 0 }
      turns.push(open)
    }
    if (!open) continue
    open.items += 1
    if (!parsed || parsed.mark === 'started' || parsed.turnId !== open.turnId) continue
    open.status = parsed.mark
    open = undefined
  }
  return turns
}
