// Items and lines of known sizes, for benchmarks in which the text does not matter.

/**
 * An item whose line has about 650 bytes, as the lines of a session of an agent have that are not its tools' output.
 *
 * @param {string} text
 */
export const messageItem = (text) => ({
  type: 'response_item',
  payload: {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text }],
  },
})

export const plainItem = messageItem('x'.repeat(480))

/**
 * As many lines of so many bytes as a peer takes at once, over the first `threads` threads.
 *
 * @param {number} count
 * @param {number} lineBytes
 * @param {number} threads
 * @returns {import('../peers/peer.mjs').Group}
 */
export function groupOf(count, lineBytes, threads) {
  const line = Buffer.alloc(lineBytes, 'x')
  line[lineBytes - 1] = 10
  const lines = Array.from({ length: count }, () => line)
  return {
    threads: lines.map((_, index) => index % threads),
    lines,
    joined: Buffer.concat(lines),
  }
}
