// Rollouts as another program would have written them, for imports.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { encodeSeekable, memorySource } from '@cenotaph/rollout'
import { message } from './thread-ids.js'

export interface SourceOptions {
  readonly threadId: string
  readonly cwd: string
  readonly messages: readonly string[]
  /** ISO 8601 UTC of the first line; the next ones follow a second apart. */
  readonly startedAt?: string
}

export const sourceName = (threadId: string): string =>
  `rollout-2025-03-04T05-06-07-${threadId}.jsonl`

export function rolloutText(options: SourceOptions): string {
  const { threadId, cwd, messages, startedAt = '2025-03-04T05:06:07.000Z' } = options
  const timeOf = (index: number): string =>
    new Date(Date.parse(startedAt) + index * 1000).toISOString()
  const meta = {
    id: threadId,
    timestamp: startedAt,
    cwd,
    originator: 'elsewhere',
    cli_version: '0.1.0',
    source: 'cli',
    history_mode: 'paginated',
  }
  const lines: unknown[] = [
    { timestamp: timeOf(0), ordinal: 0, type: 'session_meta', payload: meta },
  ]
  for (const text of messages) {
    const ordinal = lines.length
    lines.push({ timestamp: timeOf(ordinal), ordinal, ...message(text) })
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** Writes a plain source. Returns its path. */
export function writeSource(folder: string, options: SourceOptions): string {
  mkdirSync(folder, { recursive: true })
  const target = path.join(folder, sourceName(options.threadId))
  writeFileSync(target, rolloutText(options))
  return target
}

/** Writes a compressed source. Returns its path. */
export async function writeCompressedSource(
  folder: string,
  options: SourceOptions,
): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const pieces: Uint8Array[] = []
  await encodeSeekable(memorySource(Buffer.from(rolloutText(options))), async (bytes) => {
    pieces.push(bytes)
  })
  const target = path.join(folder, `${sourceName(options.threadId)}.zst`)
  writeFileSync(target, Buffer.concat(pieces))
  return target
}
