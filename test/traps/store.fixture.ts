// What the tests of this folder share: stores in scratch folders, crashes as copies, other programs' rollouts.
//
// A crash is a copy of the root while the store is open: exactly what a kill at that instant leaves, since the
// page cache outlives the process. The copy leaves `LOCK` out, which nobody may open while the store has it.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  isStoreError,
  openThreadStore,
  type ThreadStore,
  type ThreadStoreOptions,
} from '@cenotaph/core'
import { ClassicLevel } from 'classic-level'
import { expect, onTestFinished } from 'vitest'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { openFilesUnder } from '../support-fixtures/open-files.fixture.js'

export const canaryOf = (word: string): string => `${word}-canary-`.repeat(6).slice(0, 48)

export function scratch(): string {
  const folder = temporaryFolder()
  onTestFinished(() => {
    // What was opened in it was closed before: the last to begin is the first to end.
    const left = openFilesUnder(folder)
    removeFolder(folder)
    expect(left, 'files that a closed store left open').toEqual([])
  })
  return folder
}

/** Opens a store that the end of the test closes, whatever state it is in. */
export async function open(root: string, options: ThreadStoreOptions = {}): Promise<ThreadStore> {
  const store = await openThreadStore(root, {
    ballastBytes: 4096,
    quietMs: 3_600_000,
    bufferedMs: 3_600_000,
    retryMs: 3_600_000,
    persistence: 'extended',
    requestedBy: 'test',
    ...options,
  })
  onTestFinished(() => store.close().catch(() => {}))
  return store
}

/** What a crash at this instant leaves. */
export function crashCopy(root: string): string {
  const target = path.join(scratch(), 'root')
  copyRoot(root, target)
  return target
}

/** A user message that every persistence policy keeps. */
export const say = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

export const mark = (type: 'task_started' | 'task_complete', turnId: string) => ({
  type: 'event_msg',
  payload: { type, turn_id: turnId },
})

/** Texts of the messages of a thread, in order; lines of other kinds are left out. */
export async function textsOf(store: ThreadStore, threadId: string): Promise<string[]> {
  const texts: string[] = []
  for await (const item of store.listItems(threadId)) {
    const text = textOf(Buffer.from(item.line))
    if (text !== undefined) texts.push(text)
  }
  return texts
}

function textOf(line: Buffer): string | undefined {
  const record = JSON.parse(line.toString()) as {
    type: string
    payload?: { content?: { text?: string }[] }
  }
  return record.type === 'response_item' ? record.payload?.content?.[0]?.text : undefined
}

export async function ordinalsOf(store: ThreadStore, threadId: string): Promise<number[]> {
  const ordinals: number[] = []
  for await (const item of store.listItems(threadId)) ordinals.push(item.ordinal)
  return ordinals
}

/** Every file below a folder, as paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Paths of the rollouts of a thread, by the owner in their names. */
export const rolloutsOf = (root: string, threadId: string): string[] =>
  filesBelow(root).filter(
    (file) =>
      !file.includes('.cenotaph') && new RegExp(`-${threadId}[_.]`).test(path.basename(file)),
  )

export const rolloutOf = (root: string, threadId: string): string => {
  const [only, ...others] = rolloutsOf(root, threadId)
  if (!only || others.length > 0) throw new Error(`one rollout of ${threadId} was expected`)
  return only
}

/** Rejects with exactly this code. Gives the error. */
export async function refusal(run: Promise<unknown>, code: string) {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isStoreError(error)) throw new Error(`expected ${code}, got ${String(error)}`)
  expect(error.code).toBe(code)
  return error
}

/** Files below a root that hold a text, LOCK left out. Paths below the root. */
export function filesHolding(root: string, text: string): string[] {
  return filesBelow(root)
    .filter((file) => path.basename(file) !== 'LOCK' && readFileSync(file).includes(text))
    .map((file) => path.relative(root, file))
}

/** Runs something on the closed database of a root. */
export async function withLevel<T>(
  root: string,
  run: (level: ClassicLevel<string, Uint8Array>) => Promise<T>,
): Promise<T> {
  const level = new ClassicLevel<string, Uint8Array>(path.join(root, '.cenotaph', 'level'), {
    compression: false,
    createIfMissing: false,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  })
  await level.open()
  try {
    return await run(level)
  } finally {
    await level.close()
  }
}

export const levelFolder = (root: string): string => path.join(root, '.cenotaph', 'level')

// Rollouts as Codex writes them

export interface ForeignRollout {
  readonly threadId: string
  /** For the later rollout of a reverted thread. */
  readonly rolloutId?: string
  readonly cwd?: string
  readonly firstOrdinal?: number
  /** Lines without ordinals. */
  readonly legacy?: boolean
  readonly meta?: Readonly<Record<string, unknown>>
  readonly messages: readonly string[]
}

const at = (second: number): string =>
  new Date(Date.UTC(2025, 2, 4, 5, 6, 7) + second * 1000).toISOString()

export const foreignLine = (ordinal: number | null, text: string): string =>
  `${JSON.stringify({ timestamp: at(ordinal ?? 0), ...(ordinal === null ? {} : { ordinal }), ...say(text) })}\n`

export function foreignText(rollout: ForeignRollout): string {
  const { threadId, legacy, messages } = rollout
  const first = rollout.firstOrdinal ?? 0
  const number = (index: number) => (legacy ? {} : { ordinal: first + index })
  const payload = {
    id: threadId,
    timestamp: at(0),
    cwd: rollout.cwd ?? '/somewhere/else',
    originator: 'elsewhere',
    cli_version: '0.1.0',
    source: 'cli',
    history_mode: legacy ? 'legacy' : 'paginated',
    ...rollout.meta,
  }
  const head = { timestamp: at(first), ...number(0), type: 'session_meta', payload }
  const lines = messages.map((text, index) => foreignLine(legacy ? null : first + index + 1, text))
  return `${JSON.stringify(head)}\n${lines.join('')}`
}

export const foreignName = ({ threadId, rolloutId }: ForeignRollout): string =>
  `rollout-2025-03-04T05-06-0${rolloutId ? 8 : 7}-${threadId}${rolloutId ? `_${rolloutId}` : ''}.jsonl`

/** Writes a rollout as another program's. Returns its path. */
export function writeForeign(folder: string, rollout: ForeignRollout, text?: string): string {
  mkdirSync(folder, { recursive: true })
  const target = path.join(folder, foreignName(rollout))
  writeFileSync(target, text ?? foreignText(rollout))
  return target
}
