// A Codex home in small, with every shape that the real one has: paginated and legacy threads, forks by reference and
// by copy, a fork of a fork, spawned threads, a reverted thread with two rollouts, an interrupted turn, a compaction,
// an archived thread, names in the index. Line for line as Codex writes them, with texts of its own.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { threadIdOf } from './ids.fixture.js'

const at = (second: number): string => new Date(Date.UTC(2026, 10, 20, 15, 0, second)).toISOString()

interface Line {
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}

interface Rollout {
  readonly threadId: string
  readonly rolloutId?: string
  readonly second: number
  readonly archived?: boolean
  readonly legacy?: boolean
  readonly firstOrdinal?: number
  readonly meta?: Readonly<Record<string, unknown>>
  readonly lines: readonly Line[]
}

const event = (type: string, fields: Readonly<Record<string, unknown>> = {}): Line => ({
  type: 'event_msg',
  payload: { type, ...fields },
})

const message = (role: string, text: string): Line => ({
  type: 'response_item',
  payload: { type: 'message', role, content: [{ type: 'input_text', text }] },
})

function turn(id: string, text: string, legacy: boolean, ends = 'task_complete'): Line[] {
  const said: Line[] = legacy
    ? [
        event('user_message', { message: text, images: [], local_images: [], text_elements: [] }),
        event('agent_message', { message: `answer to ${text}` }),
      ]
    : [
        event('item_completed', {
          turn_id: id,
          item: { type: 'UserMessage', id: `u-${id}`, content: [{ type: 'text', text }] },
        }),
        event('item_completed', {
          turn_id: id,
          item: {
            type: 'AgentMessage',
            id: `a-${id}`,
            content: [{ type: 'Text', text: `answer to ${text}` }],
          },
        }),
      ]
  return [
    event('task_started', {
      turn_id: id,
      model_context_window: 272_000,
      collaboration_mode_kind: 'default',
    }),
    {
      type: 'turn_context',
      payload: { turn_id: id, cwd: '/w', approval_policy: 'never', model: 'm' },
    },
    message('user', text),
    said[0]!,
    {
      type: 'response_item',
      payload: { type: 'function_call', name: 'shell', arguments: '{}', call_id: `c-${id}` },
    },
    {
      type: 'response_item',
      payload: { type: 'function_call_output', call_id: `c-${id}`, output: 'out é𝒳' },
    },
    message('assistant', `answer to ${text}`),
    said[1]!,
    { type: 'token_usage_record', payload: { big: 12_345 } },
    event('token_count', { info: null, rate_limits: null }),
    ends === 'task_complete'
      ? event('task_complete', { turn_id: id, last_agent_message: null })
      : event('turn_aborted', { turn_id: id, reason: 'interrupted' }),
  ]
}

const worldState: Line = { type: 'world_state', payload: { full: true, state: { a: [1] } } }
const compacted: Line = {
  type: 'compacted',
  payload: { message: 'summary', replacement_history: [] },
}

function encode(rollout: Rollout): Buffer {
  const { threadId, second, legacy = false, firstOrdinal = 0 } = rollout
  const meta = {
    session_id: threadId,
    id: threadId,
    timestamp: at(second),
    cwd: '/w',
    originator: 'codex_cli_rs',
    cli_version: '0.169.0',
    source: 'vscode',
    model_provider: 'openai',
    base_instructions: null,
    history_mode: legacy ? 'legacy' : 'paginated',
    ...rollout.meta,
  }
  const lines = [{ type: 'session_meta', payload: meta }, ...rollout.lines]
  return Buffer.from(
    lines
      .map(({ type, payload }, index) => {
        const ordinal = legacy ? {} : { ordinal: firstOrdinal + index }
        return `${JSON.stringify({ timestamp: at(second + index), ...ordinal, type, payload })}\n`
      })
      .join(''),
  )
}

const endOf = (bytes: Buffer, lines: number): number => {
  let offset = 0
  for (let line = 0; line < lines; line += 1) offset = bytes.indexOf(10, offset) + 1
  return offset
}

/** Names of its threads, for the tests that look for one of them. */
export const homeIds = {
  base: threadIdOf(1),
  fork: threadIdOf(2),
  forkOfFork: threadIdOf(3),
  legacy: threadIdOf(4),
  legacyFork: threadIdOf(5),
  parent: threadIdOf(6),
  child: threadIdOf(7),
  reverted: threadIdOf(8),
  interrupted: threadIdOf(9),
  archived: threadIdOf(10),
} as const

export async function writeCodexHome(home: string): Promise<void> {
  const write = async (rollout: Rollout): Promise<Buffer> => {
    const { threadId, rolloutId, second, archived } = rollout
    const time = `2026-11-20T15-00-${String(second).padStart(2, '0')}`
    const own = rolloutId === undefined ? '' : `_${rolloutId}`
    const folder = archived
      ? path.join(home, 'archived_sessions')
      : path.join(home, 'sessions/2026/11/20')
    await mkdir(folder, { recursive: true })
    const bytes = encode(rollout)
    await writeFile(path.join(folder, `rollout-${time}-${threadId}${own}.jsonl`), bytes)
    return bytes
  }
  const ids = homeIds
  const baseLines = [worldState, ...turn('t1', 'first', false), ...turn('t2', 'second', false)]
  const base = await write({ threadId: ids.base, second: 1, lines: baseLines })
  const baseEnd = baseLines.length + 1
  const forkLines = turn('t3', 'in the fork', false)
  const fork = await write({
    threadId: ids.fork,
    second: 2,
    firstOrdinal: baseEnd,
    meta: {
      forked_from_id: ids.base,
      history_base: {
        thread_id: ids.base,
        end_ordinal_exclusive: baseEnd,
        end_byte_offset: base.length,
      },
    },
    lines: forkLines,
  })
  const cut = 3
  await write({
    threadId: ids.forkOfFork,
    second: 3,
    firstOrdinal: baseEnd + cut,
    meta: {
      forked_from_id: ids.fork,
      history_base: {
        thread_id: ids.fork,
        end_ordinal_exclusive: baseEnd + cut,
        end_byte_offset: endOf(fork, cut),
      },
    },
    lines: turn('t4', 'in the fork of the fork', false),
  })
  const legacyLines = [
    worldState,
    ...turn('l1', 'legacy', true),
    compacted,
    event('context_compacted'),
  ]
  const legacy = await write({ threadId: ids.legacy, second: 4, legacy: true, lines: legacyLines })
  const legacyMeta = JSON.parse(legacy.subarray(0, legacy.indexOf(10)).toString()) as Line
  await write({
    threadId: ids.legacyFork,
    second: 5,
    legacy: true,
    meta: { forked_from_id: ids.legacy },
    lines: [
      { type: 'session_meta', payload: legacyMeta.payload },
      ...legacyLines,
      ...turn('l2', 'after', true),
    ],
  })
  await write({ threadId: ids.parent, second: 6, lines: turn('p1', 'spawns', false) })
  await write({
    threadId: ids.child,
    second: 7,
    meta: {
      session_id: ids.parent,
      parent_thread_id: ids.parent,
      thread_source: 'subagent',
      source: { subagent: { thread_spawn: { parent_thread_id: ids.parent, depth: 1 } } },
    },
    lines: turn('c1', 'spawned', false),
  })
  const reverted = await write({
    threadId: ids.reverted,
    second: 8,
    lines: [...turn('r1', 'kept', false), ...turn('r2', 'reverted away', false)],
  })
  await write({
    threadId: ids.reverted,
    rolloutId: threadIdOf(108),
    second: 9,
    firstOrdinal: 12,
    meta: {
      history_base: {
        thread_id: ids.reverted,
        end_ordinal_exclusive: 12,
        end_byte_offset: endOf(reverted, 12),
      },
    },
    lines: turn('r3', 'after the revert', false),
  })
  await write({
    threadId: ids.interrupted,
    second: 10,
    meta: { source: 'exec', thread_source: 'user' },
    lines: [compacted, ...turn('i1', 'interrupted', false, 'turn_aborted')],
  })
  await write({
    threadId: ids.archived,
    second: 11,
    archived: true,
    lines: turn('a1', 'archived', false),
  })
  const name = (id: string, thread_name: string) =>
    `${JSON.stringify({ id, thread_name, updated_at: at(30) })}\n`
  await writeFile(
    path.join(home, 'session_index.jsonl'),
    name(ids.base, 'Old name') +
      name(ids.base, 'My named thread') +
      name(ids.fork, 'My named thread'),
  )
}
