// The manifest of a backup: what it holds, file by file with length and SHA-256, signed with the store's key. It is
// written last and all at once, so a folder without one is no backup. Pure: nothing here touches the disk.

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

export function signManifest(
  facts: Omit<BackupManifest, 'version' | 'publicKey' | 'signature'>,
  key: SigningKey,
): BackupManifest {
  const unsigned = { version: manifestVersion, ...facts, publicKey: key.publicKey } as const
  return { ...unsigned, signature: Buffer.from(key.sign(signedBytes(unsigned))).toString('base64') }
}

const signedBytes = (unsigned: Omit<BackupManifest, 'signature'>): Uint8Array =>
  Buffer.concat([signatureDomain, canonicalBytes(unsigned)])

export const encodeManifest = (manifest: BackupManifest): Uint8Array =>
  Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`)

/** The manifest of these bytes, or what is wrong with it. `pinned`: the key from where the caller trusts it. */
export function readManifest(
  bytes: Uint8Array,
  pinned: string | undefined,
): { readonly manifest: BackupManifest } | { readonly problem: string } {
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
  if (!verifySignature(manifest.publicKey, signedBytes(unsigned), signature))
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
