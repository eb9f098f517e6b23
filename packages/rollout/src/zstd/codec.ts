// What makes frames of bytes and bytes of frames: zstd's own library, on the thread pool, unless a caller brings another.
// It is loaded with the first frame: most runs of a command meet none.

export interface Codec {
  /** One frame of the zstd format. */
  compress(content: Uint8Array): Promise<Uint8Array>
  /** The content of all frames; rejects where they do not decode. Whoever asks has bounded it. */
  decompress(stored: Uint8Array): Promise<Uint8Array>
}

const sameBytes = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length)

export const nativeCodec: Codec = {
  async compress(content) {
    const { compress } = await import('@mongodb-js/zstd')
    return compress(sameBytes(content))
  },
  async decompress(stored) {
    const { decompress } = await import('@mongodb-js/zstd')
    return decompress(sameBytes(stored))
  },
}
