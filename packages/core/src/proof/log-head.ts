// A signed head of the event log: what the whole log was at one moment. Two heads of one epoch and a consistency proof
// show, offline, that the log was only added to in between; a receipt holds a head of its own, so the same proof ties
// a receipt to every later head. Whoever keeps a head holds the engine to what it said before.

import { canonicalBytes, canonicalJson } from './canonical-json.js'
import { fromBase64, fromHex, toBase64, toHex } from './encoding.js'
import type { MerkleLog } from './merkle.js'
import { type SigningKey, verifySignature } from './signing-key.js'
import { verifyConsistency } from './verify-merkle.js'

export const logHeadVersion = 1

const signatureDomain = new TextEncoder().encode('cenotaph.log-head.signature.1\n')

/** Where two heads are compared: a receipt's `log`, or a head. */
export interface LogPoint {
  readonly epoch: number
  readonly treeSize: number
  /** Hex, 32 bytes. */
  readonly rootHash: string
}

export interface LogConsistency {
  /** Size of the earlier tree. */
  readonly fromSize: number
  /** Hex hashes, as RFC 9162 section 2.1.4 orders them. */
  readonly proof: readonly string[]
}

interface UnsignedHead extends LogPoint {
  readonly version: typeof logHeadVersion
  readonly storeId: string
  /** ISO 8601 UTC, store time. */
  readonly at: string
  /** Raw ed25519, base64. */
  readonly publicKey: string
}

export interface LogHead extends UnsignedHead {
  /** ed25519, base64, over every member but this and `consistency`. */
  readonly signature: string
  /** That the tree of `fromSize` is a prefix of this one; null where none was asked for. It proves itself. */
  readonly consistency: LogConsistency | null
}

export interface HeadVerdict {
  readonly ok: boolean
  /** Sentences for people, each after one of `json`, `shape`, `key`, `signature`, `log` and a colon. */
  readonly problems: readonly string[]
  readonly trust: 'pinned' | 'embedded'
}

/** Signs the log as it is. ARGUMENT_INVALID where `fromSize` is larger than the log. */
export async function signLogHead(
  tree: MerkleLog,
  facts: { readonly storeId: string; readonly epoch: number; readonly at: string },
  key: SigningKey,
  fromSize?: number,
): Promise<LogHead> {
  // Taken together: the log may grow while the proof is read.
  const treeSize = tree.size
  const rootHash = toHex(tree.root())
  const head: UnsignedHead = {
    version: logHeadVersion,
    ...facts,
    treeSize,
    rootHash,
    publicKey: key.publicKey,
  }
  const signature = toBase64(key.sign(signedBytes(head)))
  if (fromSize === undefined) return { ...head, signature, consistency: null }
  const proof = (await tree.consistencyProof(fromSize, treeSize)).map(toHex)
  return { ...head, signature, consistency: { fromSize, proof } }
}

const signedBytes = (head: UnsignedHead): Uint8Array => {
  const unsigned: UnsignedHead & { signature?: unknown; consistency?: unknown } = { ...head }
  delete unsigned.signature
  delete unsigned.consistency
  return Buffer.concat([signatureDomain, canonicalBytes(unsigned)])
}

/**
 * Verifies a head offline, and with `since` that the log only grew from there. Any input gives a list of problems,
 * never an exception. `publicKey`: the raw 32 bytes, base64, from where the caller trusts it.
 */
export function verifyLogHead(
  input: unknown,
  options: { readonly publicKey?: string; readonly since?: LogPoint } = {},
): HeadVerdict {
  const { publicKey, since } = options
  const problems = problemsOf(input, publicKey, since)
  return {
    ok: problems.length === 0,
    problems,
    trust: publicKey === undefined ? 'embedded' : 'pinned',
  }
}

function problemsOf(
  input: unknown,
  pinned: string | undefined,
  since: LogPoint | undefined,
): string[] {
  const head = headOf(input)
  if (typeof head === 'string') return [head]
  const problems: string[] = []
  if (pinned !== undefined && pinned !== head.publicKey)
    problems.push('key: the head names another key than the pinned one')
  if (!verifySignature(pinned ?? head.publicKey, signedBytes(head), head.signature))
    problems.push('signature: it does not fit the head and the key')
  return since ? [...problems, ...growthProblems(since, head)] : problems
}

/** Whether the log of `since` is the beginning of the log of `head`, by the proof that the head brings. */
export function growthProblems(since: LogPoint, head: LogHead): string[] {
  if (!isPoint(since)) return ['log: what the head is compared with is neither head nor receipt']
  if (since.epoch !== head.epoch)
    return ['log: the heads are of different epochs; a repair began the log anew in between']
  if (since.treeSize > head.treeSize) return ['log: the head is the older one']
  const { consistency } = head
  if (since.treeSize === head.treeSize) return since.rootHash === head.rootHash ? [] : [rewritten]
  if (!consistency || consistency.fromSize !== since.treeSize)
    return [`log: the head brings no consistency proof from size ${since.treeSize}`]
  const [fromRoot, toRoot, ...proof] = [since.rootHash, head.rootHash, ...consistency.proof].map(
    (hash) => fromHex(hash, 32)!,
  )
  const grown = verifyConsistency({
    fromSize: since.treeSize,
    fromRoot: fromRoot!,
    toSize: head.treeSize,
    toRoot: toRoot!,
    proof,
  })
  return grown ? [] : [rewritten]
}

const rewritten = 'log: the later log does not begin with the earlier one, or the proof is wrong'

/** A plain copy of a head with the right shape, so that what is checked is what was read; or the problem. */
export function headOf(input: unknown): LogHead | string {
  let copy: LogHead
  try {
    copy = JSON.parse(canonicalJson(input)) as LogHead
  } catch {
    return 'json: the head is not JSON of whole numbers, or nested too deep'
  }
  return isHead(copy) ? copy : 'shape: not a head of the event log, version 1'
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isHash = (value: unknown): boolean =>
  typeof value === 'string' && fromHex(value, 32) !== undefined

const isBase64 = (value: unknown, bytes: number): boolean =>
  typeof value === 'string' && fromBase64(value, bytes) !== undefined

const isPoint = (value: unknown): boolean =>
  isObject(value) && isSize(value.epoch) && isSize(value.treeSize) && isHash(value.rootHash)

function isHead(value: unknown): boolean {
  if (!isObject(value) || !isPoint(value)) return false
  const { version, storeId, at, publicKey, signature, consistency } = value
  const texts = typeof storeId === 'string' && typeof at === 'string'
  const keys = isBase64(publicKey, 32) && isBase64(signature, 64)
  const grown =
    consistency === null ||
    (isObject(consistency) &&
      isSize(consistency.fromSize) &&
      Array.isArray(consistency.proof) &&
      consistency.proof.every(isHash))
  return version === logHeadVersion && texts && keys && grown
}
