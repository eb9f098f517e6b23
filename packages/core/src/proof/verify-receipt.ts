// Verifies a receipt offline: no store, no disk, no network. The input may be hostile and is read once, into
// a copy; whatever it is, the answer is a list of problems and never an exception.
//
// What a good receipt proves: the holder of the key said this, and committed itself to a log in which this
// stands at this position. Whose key it is, only a pinned key says (`trust`).

import { canonicalJson } from './canonical-json.js'
import { fromHex } from './encoding.js'
import { leafHash } from './hashes.js'
import { growthProblems, headOf, verifyLogHead } from './log-head.js'
import { leafOfReceipt, signedBytes } from './receipt.js'
import { consistencyProblems } from './receipt-consistency.js'
import { shapeProblems } from './receipt-shape.js'
import type { Receipt, ReceiptLog } from './receipt-types.js'
import { verifySignature } from './signing-key.js'
import { verifyInclusion } from './verify-merkle.js'

export interface ReceiptVerdict {
  readonly ok: boolean
  /**
   * Sentences for people, each after one of these words and a colon: `json`, `version`, `shape`,
   * `consistency`, `key`, `signature`, `inclusion`, `log`, `head`.
   */
  readonly problems: readonly string[]
  /** `embedded`: checked with the key in the receipt itself, which any forger can put there. */
  readonly trust: 'pinned' | 'embedded'
}

/**
 * `publicKey`: the raw 32 bytes, base64, from where the caller trusts it. `laterHead`: a head of the log that was
 * made after the receipt, with the proof that the log only grew since (`store.logHead(receipt.log)`).
 */
export function verifyReceipt(
  receipt: unknown,
  publicKey?: string,
  laterHead?: unknown,
): ReceiptVerdict {
  const own = problemsOf(receipt, publicKey)
  const problems =
    laterHead === undefined || own.length > 0
      ? own
      : headProblems(receipt as Receipt, publicKey, laterHead)
  return {
    ok: problems.length === 0,
    problems,
    trust: publicKey === undefined ? 'embedded' : 'pinned',
  }
}

function problemsOf(input: unknown, publicKey: string | undefined): readonly string[] {
  const copy = copyOf(input)
  if (copy === undefined)
    return ['json: the receipt is not JSON of whole numbers, or nested too deep']
  const misshapen = shapeProblems(copy)
  if (misshapen.length > 0) return misshapen
  const receipt = copy as Receipt
  return [
    ...consistencyProblems(receipt),
    ...keyProblems({ ...receipt, signed: signedBytes(receipt) }, publicKey),
    ...inclusionProblems(receipt.log, leafOfReceipt(receipt)),
  ]
}

/** The head must be signed by the key of the receipt, and its log must begin with the receipt's. */
function headProblems(
  receipt: Receipt,
  publicKey: string | undefined,
  input: unknown,
): readonly string[] {
  const key = publicKey ?? receipt.publicKey
  const problems = verifyLogHead(input, { publicKey: key }).problems.map((text) => `head: ${text}`)
  const head = headOf(input)
  if (typeof head !== 'string') problems.push(...growthProblems(receipt.log, head))
  return problems
}

/** A plain copy, so that what is checked is what was read; undefined for what is not JSON. */
function copyOf(input: unknown): unknown {
  try {
    return JSON.parse(canonicalJson(input))
  } catch {
    return undefined
  }
}

/** Whether the bytes are signed by the key that the receipt names, and by no other than the pinned one. */
export function keyProblems(
  { publicKey, signature, signed }: Pick<Receipt, 'publicKey' | 'signature'> & Signed,
  pinned: string | undefined,
): string[] {
  const problems: string[] = []
  if (pinned !== undefined && pinned !== publicKey)
    problems.push('key: the receipt names another key than the pinned one')
  if (!verifySignature(pinned ?? publicKey, signed, signature))
    problems.push('signature: it does not fit the receipt and the key')
  return problems
}

interface Signed {
  readonly signed: Uint8Array
}

/** Whether the log that the head is of holds these bytes as the leaf at that place. */
export function inclusionProblems(
  { position, treeSize, rootHash, inclusionProof }: ReceiptLog,
  leafBytes: Uint8Array,
): string[] {
  const [root, ...proof] = [rootHash, ...inclusionProof].map((hash) => fromHex(hash, 32))
  const included =
    root !== undefined &&
    proof.every((hash) => hash !== undefined) &&
    verifyInclusion({ leaf: leafHash(leafBytes), position, treeSize, proof, root })
  return included ? [] : ['inclusion: the log of this head does not hold this receipt there']
}
