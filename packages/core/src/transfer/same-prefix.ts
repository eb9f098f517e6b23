import type { RolloutSource } from '@cenotaph/rollout'

const CHUNK_BYTES = 256 * 1024

/** Whether two rollouts agree in their first `length` bytes. */
export async function samePrefix(
  one: RolloutSource,
  other: RolloutSource,
  length: number,
): Promise<boolean> {
  for (let offset = 0; offset < length; offset += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, length - offset)
    const [a, b] = await Promise.all([one.read(offset, wanted), other.read(offset, wanted)])
    if (Buffer.compare(a, b) !== 0) return false
  }
  return true
}
