// The manifest of a backup: what it holds, file by file with length and SHA-256, signed with the store's key. It is
// written last and all at once, so a folder without one is no backup. Pure: nothing here touches the disk.

import { createHash } from 'node:crypto'
import { breathe } from '@cenotaph/storage'
import { canonicalBytes, type SigningKey, verifySignature } from '../proof/index.js'
import { isBackupPath } from './backup-paths.js'

export const manifestVersion = 1

const signatureDomain = new TextEncoder().encode('cenotaph.backup.signature.1\n')

export interface BackupFile {
  /** Below the folder of the backup, with `/` between names. */
  readonly path: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

export interface BackupManifest {
  readonly version: typeof manifestVersion
  readonly backupId: string
  readonly storeId: string
  readonly epoch: number
  /** ISO 8601 UTC, store time. */
  readonly madeAt: string
  readonly threads: number
  /** Of all files together. */
  readonly bytes: number
  /** The event log when the backup began. */
  readonly log: { readonly size: number; readonly rootHash: string }
  /** In order of their paths. */
  readonly files: readonly BackupFile[]
  /** Raw ed25519, base64. */
  readonly publicKey: string
  /** ed25519, base64, over everything else. */
  readonly signature: string
}

/** Entries of so many files are worked on before others have their turn: a large store has hundreds of thousands. */
const FILES_AT_ONCE = 500

export async function signManifest(
  facts: Omit<BackupManifest, 'version' | 'publicKey' | 'signature'>,
  key: SigningKey,
): Promise<BackupManifest> {
  const unsigned = { version: manifestVersion, ...facts, publicKey: key.publicKey } as const
  const signature = Buffer.from(key.sign(await signedBytes(unsigned))).toString('base64')
  return { ...unsigned, signature }
}

/** The files stand in what is signed as the SHA-256 of their lines, each the canonical JSON of one and a newline. */
async function signedBytes({
  files,
  ...rest
}: Omit<BackupManifest, 'signature'>): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for (const some of inPieces(files)) {
    for (const file of some) hash.update(canonicalBytes(file)).update('\n')
    await breathe()
  }
  const digest = hash.digest('hex')
  return Buffer.concat([signatureDomain, canonicalBytes({ ...rest, files: digest })])
}

/** The bytes of the manifest's file, and their SHA-256 in hex. */
export async function encodeManifest({
  files,
  ...rest
}: BackupManifest): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  const hash = createHash('sha256')
  const pieces: Uint8Array[] = []
  const add = (text: string): void => {
    const piece = Buffer.from(text)
    hash.update(piece)
    pieces.push(piece)
  }
  add(`${JSON.stringify(rest, undefined, 1).slice(0, -2)},\n "files": [\n`)
  let first = true
  for (const some of inPieces(files)) {
    add(`${first ? '' : ',\n'}${some.map((file) => JSON.stringify(file)).join(',\n')}`)
    first = false
    await breathe()
  }
  add('\n ]\n}\n')
  return { bytes: Buffer.concat(pieces), sha256: hash.digest('hex') }
}

function* inPieces(files: readonly BackupFile[]): Generator<readonly BackupFile[]> {
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) yield files.slice(at, at + FILES_AT_ONCE)
}

/** The manifest of these bytes, or what is wrong with it. `pinned`: the key from where the caller trusts it. */
export async function readManifest(
  bytes: Uint8Array,
  pinned: string | undefined,
): Promise<{ readonly manifest: BackupManifest } | { readonly problem: string }> {
  let manifest: BackupManifest
  try {
    manifest = JSON.parse(Buffer.from(bytes).toString()) as BackupManifest
  } catch {
    return { problem: 'manifest: it is not JSON' }
  }
  if (!isManifest(manifest)) return { problem: 'manifest: it has not the shape of version 1' }
  if (pinned !== undefined && manifest.publicKey !== pinned)
    return { problem: 'key: the manifest is signed with another key than the pinned one' }
  const { signature, ...unsigned } = manifest
  // What canonical JSON refuses, no store has signed.
  const signed = await signedBytes(unsigned).catch(() => undefined)
  if (!signed || !verifySignature(manifest.publicKey, signed, signature))
    return { problem: 'signature: it does not fit the manifest' }
  return { manifest }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isText = (value: unknown): boolean => typeof value === 'string'
const isHash = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

function isManifest(value: unknown): boolean {
  if (!isObject(value) || value.version !== manifestVersion) return false
  const { log, files } = value
  const texts = [value.storeId, value.madeAt, value.publicKey, value.signature].every(isText)
  const counts = [value.epoch, value.threads, value.bytes].every(isCount)
  const named = isText(value.backupId) && /^[0-9a-f]{16}$/.test(value.backupId as string)
  const logged = isObject(log) && isCount(log.size) && isHash(log.rootHash)
  return texts && counts && named && logged && Array.isArray(files) && areFiles(files)
}

function areFiles(files: readonly unknown[]): boolean {
  const paths = new Set<unknown>()
  for (const file of files) {
    if (!isObject(file) || !isCount(file.bytes) || !isHash(file.sha256)) return false
    // Whoever signs a manifest with a key of their own must not get a file opened that is elsewhere.
    if (!isText(file.path) || !isBackupPath(file.path as string)) return false
    paths.add(file.path)
  }
  return paths.size === files.length
}
