// Threads for people: a row of a list, and a block with all that is known of one.

import type { ThreadView } from '@cenotaph/core'
import type { Terminal } from '../terminal.js'
import { blockText } from './block.js'
import { clipText, escapeText } from './escape.js'
import { shortIds } from './short-ids.js'
import { tableText } from './table.js'
import { relativeTime, sizeText } from './units.js'

const TITLE_CHARACTERS_MAX = 48
const REASON_CHARACTERS_MAX = 72

const columns = [
  { title: 'THREAD' },
  { title: 'NAME' },
  { title: 'UPDATED' },
  { title: 'ITEMS', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'STATE' },
] as const

export function threadTable(threads: readonly ThreadView[], terminal: Terminal): string {
  const { colours, clock } = terminal
  const relatives = threads.flatMap((thread) => [...thread.children, ...thread.forks])
  const short = shortIds(
    threads.map((thread) => thread.threadId),
    relatives,
  )
  const rows = threads.map((thread) => [
    colours.cyan(short.get(thread.threadId)!),
    thread.name === null ? colours.dim(titleOf(thread)) : titleOf(thread),
    relativeTime(thread.updatedAt, clock.wallMs()),
    String(thread.items),
    sizeText(thread.bytes),
    stateText(thread, clock.wallMs()),
  ])
  return tableText(columns, rows, colours)
}

const holdColumns = [
  { title: 'THREAD' },
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'REASON' },
] as const

/** Threads on hold, each with its reason. */
export function holdTable(threads: readonly ThreadView[], { colours }: Terminal): string {
  const short = shortIds(
    threads.map((thread) => thread.threadId),
    threads.flatMap((thread) => [...thread.children, ...thread.forks]),
  )
  const rows = threads.map((thread) => [
    colours.cyan(short.get(thread.threadId)!),
    titleOf(thread),
    thread.state,
    clipText(thread.holdReason ?? '', REASON_CHARACTERS_MAX),
  ])
  return tableText(holdColumns, rows, colours)
}

/** What a person recognises a thread by: its name, or else its first words. */
export const titleOf = ({ name, preview }: ThreadView): string =>
  clipText(name ?? preview ?? '(empty)', TITLE_CHARACTERS_MAX)

function stateText(thread: ThreadView, nowMs: number): string {
  const { compressed, damaged, held, pinned, persistence } = thread
  const state = `${thread.state}${dateText(thread, nowMs)}`
  const marks = [
    ...(persistence === 'ephemeral' ? ['ephemeral'] : []),
    ...(compressed ? ['compressed'] : []),
    ...(held ? ['held'] : []),
    ...(pinned ? ['pinned'] : []),
    ...(damaged ? ['damaged'] : []),
  ]
  return [state, ...marks].join(', ')
}

const dateText = ({ deleteAfter }: ThreadView, nowMs: number): string =>
  deleteAfter === null
    ? ''
    : ` for ${deleteAfter.slice(0, 10)} (${relativeTime(deleteAfter, nowMs)})`

export function threadBlock(thread: ThreadView, { clock, colours }: Terminal): string {
  const time = (iso: string): string => `${relativeTime(iso, clock.wallMs())} (${iso})`
  const optional = (text: string | null): string => (text === null ? '-' : escapeText(text))
  return blockText(
    [
      ['thread', thread.threadId],
      ['name', optional(thread.name)],
      ['preview', optional(thread.preview)],
      ['state', stateText(thread, clock.wallMs())],
      ...(thread.held ? [['held for', optional(thread.holdReason)] as const] : []),
      ['kept', keptText[thread.persistence]],
      ['directory', optional(thread.cwd)],
      ['provider', optional(thread.modelProvider)],
      ['source', escapeText(sourceText(thread.source))],
      ['created', time(thread.createdAt)],
      ['updated', time(thread.updatedAt)],
      ...(thread.archivedAt === null ? [] : [['archived', time(thread.archivedAt)] as const]),
      ['items', String(thread.items)],
      ['size', sizeText(thread.bytes)],
      ['fork of', thread.forkedFromId ?? '-'],
      ['spawned by', thread.parentThreadId ?? '-'],
      ['forks', thread.forks.join(' ') || '-'],
      ['spawned', thread.children.join(' ') || '-'],
    ],
    colours,
  )
}

const keptText = {
  durable: 'on disk',
  ephemeral: 'in memory alone; gone when the store closes',
} as const

const sourceText = (source: unknown): string =>
  typeof source === 'string' ? source : (JSON.stringify(source) ?? '-')
