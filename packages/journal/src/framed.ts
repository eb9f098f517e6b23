// A JSON head followed by raw bytes: 4 bytes little endian (length of the head), the head, the bytes.
// Used for intents and append groups, so that what a caller stores is never encoded a second time.

import { sealFilled } from './checked-value.js'

const LENGTH_BYTES = 4

/** The sealed value of `key`. Copies each part once, straight into its place. */
export function sealFrame(key: string, head: unknown, parts: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(head))
  let length = LENGTH_BYTES + text.length
  for (const part of parts) length += part.length
  return sealFilled(key, length, (body) => {
    body.writeUInt32LE(text.length, 0)
    body.set(text, LENGTH_BYTES)
    let end = LENGTH_BYTES + text.length
    for (const part of parts) {
      body.set(part, end)
      end += part.length
    }
  })
}

/** Head and bytes of an unsealed value; undefined where it has another form. The bytes are a view. */
export function readFrame(body: Uint8Array): { head: unknown; rest: Uint8Array } | undefined {
  if (body.length < LENGTH_BYTES) return undefined
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const end = LENGTH_BYTES + bytes.readUInt32LE(0)
  if (end > bytes.length) return undefined
  try {
    return { head: JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)), rest: body.subarray(end) }
  } catch {
    return undefined
  }
}
