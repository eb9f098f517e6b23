import { randomBytes } from 'node:crypto'

/** Where random bytes come from: ids, salts, handles, jitter. */
export interface Entropy {
  bytes(length: number): Uint8Array
}

export const nodeEntropy: Entropy = {
  bytes: (length) => randomBytes(length),
}
