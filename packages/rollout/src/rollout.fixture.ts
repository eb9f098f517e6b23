// Rollouts made by code, in the shapes that Codex writes.

import { encodeLine } from './line.js'

export const threadA = '01a1f978-cef9-7d23-b14b-5a828841020f'
export const threadB = '01a1f978-d130-7540-a2f6-a12ebf187397'

export function timestampOf(n: number): string {
  return new Date(Date.UTC(2026, 10, 20, 15, 0, 0, n)).toISOString()
}

export interface LineSpec {
  readonly ordinal: number | null
  readonly type?: string
  readonly payload?: unknown
}

export function lineBytes({ ordinal, type = 'event_msg', payload }: LineSpec): Buffer {
  const text = JSON.stringify(payload ?? { type: 'token_count', info: null })
  return Buffer.from(
    encodeLine({ timestamp: timestampOf(ordinal ?? 0), ordinal, type, payload: text }),
  )
}

export function metaBytes(
  ordinal: number | null,
  fields: Readonly<Record<string, unknown>> = {},
): Buffer {
  const payload = {
    session_id: threadA,
    id: threadA,
    timestamp: timestampOf(0),
    cwd: '/home/someone/work',
    originator: 'fixture',
    cli_version: '0.169.0',
    source: 'cli',
    model_provider: 'fake',
    base_instructions: null,
    history_mode: ordinal === null ? 'legacy' : 'paginated',
    ...fields,
  }
  return lineBytes({ ordinal, type: 'session_meta', payload })
}

/** A session_meta and `count - 1` messages, with ordinals from `first`, or without any for null. */
export function rolloutBytes(count: number, first: number | null = 0, textBytes = 20): Buffer {
  const lines = [metaBytes(first)]
  for (let index = 1; index < count; index += 1) {
    const text = `message ${index} ${'é'.repeat(textBytes / 2)}`
    const payload = { type: 'message', role: 'user', content: [{ type: 'input_text', text }] }
    lines.push(
      lineBytes({ ordinal: first === null ? null : first + index, type: 'response_item', payload }),
    )
  }
  return Buffer.concat(lines)
}

export async function gather<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const line of lines) all.push(line)
  return all
}
