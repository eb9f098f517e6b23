// Single rollouts made by hand, for importing.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

export const lineAt = '2026-11-20T10:20:30.000Z'

export interface HandMade {
  readonly id: string
  /** Fields of the session_meta payload beside the required ones. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** Ordinal of the first line; none in legacy mode. */
  readonly firstOrdinal?: number | null
  /** Lines behind the first, as text without a newline. */
  readonly lines?: readonly string[]
  /** Bytes put behind the last newline, or over everything. */
  readonly tail?: string | Uint8Array
}

export const metaPayload = (id: string, meta: HandMade['meta'] = {}) => ({
  id,
  session_id: id,
  timestamp: lineAt,
  cwd: '/w',
  originator: 'x',
  cli_version: '0.169.0',
  source: 'cli',
  history_mode: 'paginated',
  ...meta,
})

export const lineOf = (type: string, payload: unknown, ordinal: number | null = null): string =>
  JSON.stringify({ timestamp: lineAt, ...(ordinal === null ? {} : { ordinal }), type, payload })

export function bytesOf({ id, meta, firstOrdinal = 0, lines = [], tail = '' }: HandMade): Buffer {
  const first = lineOf('session_meta', metaPayload(id, meta), firstOrdinal)
  return Buffer.concat([
    Buffer.from([first, ...lines].map((line) => `${line}\n`).join('')),
    Buffer.from(tail),
  ])
}

/** Writes a rollout as Codex places it; returns its path. */
export async function writeRollout(home: string, rollout: HandMade): Promise<string> {
  const folder = path.join(home, 'sessions', '2026', '11', '20')
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, `rollout-2026-11-20T10-20-30-${rollout.id}.jsonl`)
  await writeFile(file, bytesOf(rollout))
  return file
}
