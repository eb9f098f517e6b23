// What the event log keeps of an event's payload: a commitment that says nothing about the payload once its
// salt is gone, and that nobody can make for another payload.

import { type Entropy, StoreError } from '@cenotaph/storage'
import { sha256 } from './hashes.js'

export const saltLengthBytes = 32

const domain = new TextEncoder().encode('cenotaph.event.payload.1\n')

/** SHA-256 of `domain ‖ salt ‖ payload`, 32 bytes. A salt of another length is ARGUMENT_INVALID. */
export function commit(payload: Uint8Array, salt: Uint8Array): Uint8Array {
  if (salt.length !== saltLengthBytes)
    throw new StoreError('ARGUMENT_INVALID', 'a salt has 32 bytes', {
      detail: { bytes: salt.length },
    })
  return sha256(domain, salt, payload)
}

/** A fresh salt: 32 bytes, stored beside the payload and erased with it. */
export const newSalt = (entropy: Entropy): Uint8Array => entropy.bytes(saltLengthBytes)
