// OpenSSL takes half a millisecond to find out what kind of key a PEM holds, which is much of what recovering a small
// store takes, and all the states of one program have the same key. The same text is the same key: it is read once.

import crypto, { type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const keys = new Map<string, KeyObject>()
const { createPrivateKey } = crypto

crypto.createPrivateKey = (input) => {
  if (typeof input !== 'object' || !('key' in input) || !Buffer.isBuffer(input.key))
    return createPrivateKey(input)
  const text = `${input.format} ${input.key.toString('latin1')}`
  const key = keys.get(text) ?? createPrivateKey(input)
  keys.set(text, key)
  return key
}
syncBuiltinESMExports()
