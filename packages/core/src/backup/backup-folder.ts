// The folder that a backup is written to. Files are made anew, fsynced and hashed on the way; names are made durable by
// `sync`, before the manifest that vouches for them. It is outside of the store: what fails here fails the backup and
// nothing else.

import { createHash } from 'node:crypto'
import path from 'node:path'
import { type Disk, isStoreError, StoreError, writeNew } from '@cenotaph/storage'
import { fillFile, type Put } from '../files/fill-file.js'
import { removeTree } from '../files/remove-tree.js'
import { unfinishedName } from './backup-paths.js'
import type { BackupFile } from './manifest.js'

export class BackupFolder {
  readonly target: string
  readonly #disk: Disk
  readonly #files = new Map<string, BackupFile>()
  /** Folders with names that are not durable yet. */
  readonly #touched = new Set<string>()
  #made: readonly string[] = []

  private constructor(disk: Disk, target: string) {
    this.#disk = disk
    this.target = target
  }

  /** Takes the folder, making it where it is missing. @throws BACKUP_TARGET_EXISTS unless it is empty */
  static async take(disk: Disk, target: string, note: object): Promise<BackupFolder> {
    const folder = new BackupFolder(disk, target)
    const stat = await disk.stat(target)
    if (stat && (stat.kind === 'file' || (await disk.list(target))?.length !== 0))
      throw taken(target)
    folder.#made = await disk.makeFolder(target)
    try {
      // Of two that found it empty, one makes this file.
      const marker = path.join(target, unfinishedName)
      if (!(await writeNew(disk, marker, Buffer.from(`${JSON.stringify(note)}\n`)))) {
        folder.#made = []
        throw taken(target)
      }
      for (const made of folder.#made) folder.#touched.add(path.dirname(made))
      folder.#touched.add(target)
      await folder.sync()
      return folder
    } catch (error) {
      if (!isStoreError(error, 'BACKUP_TARGET_EXISTS')) await folder.discard().catch(() => {})
      throw error
    }
  }

  /** In order of their paths. */
  files(): readonly BackupFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  get bytes(): number {
    let bytes = 0
    for (const file of this.#files.values()) bytes += file.bytes
    return bytes
  }

  /** Writes a file anew. Its bytes are durable when it resolves; its name is by the next `sync`. */
  async write(relative: string, fill: (put: Put) => Promise<void>): Promise<void> {
    const full = path.join(this.target, relative)
    if (this.#files.has(relative)) await this.remove(relative)
    const folder = path.dirname(full)
    for (const made of await this.#disk.makeFolder(folder)) this.#touched.add(path.dirname(made))
    const file = await this.#disk.create(full)
    if (!file) throw taken(full)
    this.#touched.add(folder)
    const hash = createHash('sha256')
    try {
      const bytes = await fillFile(file, (put) =>
        fill(async (piece) => {
          hash.update(piece)
          await put(piece)
        }),
      )
      this.#files.set(relative, { path: relative, bytes, sha256: hash.digest('hex') })
    } catch (error) {
      await this.#disk.unlink(full).catch(() => {})
      throw error
    }
  }

  async remove(relative: string): Promise<void> {
    this.#files.delete(relative)
    const full = path.join(this.target, relative)
    if (await this.#disk.unlink(full)) this.#touched.add(path.dirname(full))
  }

  /** Makes every name that was made or removed durable. */
  async sync(): Promise<void> {
    for (const folder of this.#touched) await this.#disk.syncFolder(folder)
    this.#touched.clear()
  }

  /** Takes everything away again, the folder itself too where it was made here. */
  async discard(): Promise<void> {
    await removeTree(this.#disk, this.target)
    for (const made of [...this.#made].reverse()) {
      await this.#disk.removeFolder(made)
      await this.#disk.syncFolder(path.dirname(made))
    }
  }
}

const taken = (target: string): StoreError =>
  new StoreError(
    'BACKUP_TARGET_EXISTS',
    `a backup goes to a folder that is new or empty: ${target}`,
    {
      detail: { path: target },
    },
  )
