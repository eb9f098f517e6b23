// A history for people: who said what, in order. Tool calls by name, their output as text.

import type { History, HistoryLine } from '@cenotaph/rollout'
import type { Put } from '../files/fill-file.js'
import type { ThreadRow } from '../threads/thread-row.js'

export async function markdownOf(history: History, row: ThreadRow, put: Put): Promise<void> {
  const write = (text: string): Promise<void> => put(Buffer.from(text))
  await write(`# ${row.name ?? row.preview ?? row.threadId}\n\n`)
  await write(`- thread: ${row.threadId}\n- directory: ${row.cwd ?? 'unknown'}\n`)
  await write(`- created: ${new Date(row.createdAt).toISOString()}\n`)
  for await (const line of history.forward()) {
    const section = sectionOf(line)
    if (section) await write(`\n## ${section.title}\n\n${section.text}\n`)
  }
}

function sectionOf(line: HistoryLine): { title: string; text: string } | undefined {
  if (line.type !== 'response_item') return undefined
  const payload = line.value.payload as Record<string, unknown>
  switch (line.payloadType) {
    case 'message': {
      const text = contentText(payload.content)
      return text === '' ? undefined : { title: String(payload.role ?? 'message'), text }
    }
    case 'function_call':
    case 'custom_tool_call':
      return {
        title: `tool call: ${payload.name ?? 'unknown'}`,
        text: fenced(payload.arguments ?? payload.input),
      }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { title: 'tool output', text: fenced(payload.output) }
    default:
      return undefined
  }
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .flatMap((part: { text?: unknown }) => (typeof part.text === 'string' ? [part.text] : []))
    .join('\n\n')
}

/** A fence longer than any in the text, so that the text cannot end it. */
function fenced(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '', null, 2)
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
