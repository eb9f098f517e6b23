// Bytes as text in receipts. Decoding takes one spelling only: a text that a lenient decoder would read as
// the same bytes (upper-case hex, spare bits or padding of base64) is refused, so that no byte of a signed
// document can change unnoticed.

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The bytes of lower-case hex of exactly `length` bytes; undefined for any other text. */
export const fromHex = (text: string, length: number): Uint8Array | undefined =>
  decode(text, 'hex', length)

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The bytes of padded base64 of exactly `length` bytes; undefined for any other text. */
export const fromBase64 = (text: string, length: number): Uint8Array | undefined =>
  decode(text, 'base64', length)

function decode(text: string, form: 'hex' | 'base64', length: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, form)
  return bytes.length === length && bytes.toString(form) === text
    ? new Uint8Array(bytes)
    : undefined
}
