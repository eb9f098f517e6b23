// Where bytes are no UTF-8 (RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF).

/** From the first to behind the last byte that belongs to no character. Both 0 when all do. */
export function invalidUtf8Range(bytes: Uint8Array): {
  readonly start: number
  readonly end: number
} {
  let start = -1
  let end = 0
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes, at)
    if (length === 0) {
      if (start < 0) start = at
      end = at + 1
    }
    at += Math.max(1, length)
  }
  return { start: Math.max(0, start), end }
}

/** Bytes of the character at `at`; 0 when none begins there. */
function characterBytes(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  const second = bytes[at + 1] ?? 0
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0
  if (lead >= 0xe0 && lead <= 0xef) {
    const low = lead === 0xe0 ? 0xa0 : 0x80
    const high = lead === 0xed ? 0x9f : 0xbf
    return second >= low && second <= high && isContinuation(bytes[at + 2]) ? 3 : 0
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low = lead === 0xf0 ? 0x90 : 0x80
    const high = lead === 0xf4 ? 0x8f : 0xbf
    const tail = isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3])
    return second >= low && second <= high && tail ? 4 : 0
  }
  return 0
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
