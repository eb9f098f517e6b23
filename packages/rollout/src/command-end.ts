// The one event that is shortened: a command's end, whose output the model has been given already in a
// function_call_output. `aggregated_output` over 10,000 bytes keeps its two ends; the fields that repeat it
// are blanked. Everything else in the payload keeps its bytes.

import { isFields } from './items.js'
import { withField } from './json-fields.js'

/** UTF-8 bytes of `aggregated_output` that are kept, half from each end. */
export const commandOutputBytesMax = 10_000

const repeats = ['stdout', 'stderr', 'formatted_output'] as const

/** `payload` is JSON text. An event without an aggregated output is left alone, since its parts are all it has. */
export function shortenedCommandEnd(payload: string): {
  readonly keep: true
  readonly payload?: string
  readonly truncatedBytes?: number
} {
  const value: unknown = JSON.parse(payload)
  if (!isFields(value)) return { keep: true }
  const { aggregated_output: output } = value
  if (typeof output !== 'string' || output === '') return { keep: true }
  let bytes: Uint8Array = Buffer.from(payload)
  for (const key of repeats) {
    if (typeof value[key] === 'string' && value[key] !== '') bytes = withField(bytes, key, '""')
  }
  const short = shortened(output)
  if (short) bytes = withField(bytes, 'aggregated_output', JSON.stringify(short.text))
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (text === payload) return { keep: true }
  return short
    ? { keep: true, payload: text, truncatedBytes: short.omittedBytes }
    : { keep: true, payload: text }
}

function shortened(output: string): { text: string; omittedBytes: number } | undefined {
  const bytes = Buffer.from(output)
  if (bytes.length <= commandOutputBytesMax) return undefined
  const headEnd = characterStart(bytes, commandOutputBytesMax / 2)
  let tailStart = bytes.length - commandOutputBytesMax / 2
  while (isContinuation(bytes[tailStart])) tailStart += 1
  const omittedBytes = tailStart - headEnd
  const head = bytes.toString('utf8', 0, headEnd)
  const tail = bytes.toString('utf8', tailStart)
  return { text: `${head}\n[… ${omittedBytes} bytes left out …]\n${tail}`, omittedBytes }
}

/** The start of the character that the byte at `at` belongs to. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at
  while (isContinuation(bytes[start])) start -= 1
  return start
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
