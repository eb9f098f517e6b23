// Room that is kept for the day when the disk is full: 8 MiB, given up when a delete, a recovery or a close
// needs space, so that freeing space never fails for want of space.
//
// Survives a crash while it is made: the file has its name only when all of its bytes are on disk. The
// bytes are random, so that no file system stores them as a hole, compressed or shared.

import path from 'node:path'
import { type Disk, type Entropy, isStoreError, replaceWhole } from '@cenotaph/storage'

const defaultSizeBytes = 8 * 1024 * 1024

export class Ballast {
  readonly #disk: Disk
  readonly #path: string
  readonly #entropy: Entropy
  readonly #sizeBytes: number

  constructor(options: {
    readonly disk: Disk
    readonly path: string
    readonly entropy: Entropy
    /** 8 MiB unless given. */
    readonly sizeBytes?: number
  }) {
    this.#disk = options.disk
    this.#path = options.path
    this.#entropy = options.entropy
    this.#sizeBytes = options.sizeBytes ?? defaultSizeBytes
  }

  /** Gives the room up; it is free when this resolves. False where there was nothing to give up. */
  async release(): Promise<boolean> {
    const released = await this.#disk.unlink(this.#path)
    const partReleased = await this.#disk.unlink(this.#temporaryPath)
    if (released || partReleased) await this.#disk.syncFolder(path.dirname(this.#path))
    return released || partReleased
  }

  /** Takes the room again, durable when it resolves. False, and no error, where the disk is too full. */
  async restore(): Promise<boolean> {
    if ((await this.#disk.stat(this.#path))?.bytes === this.#sizeBytes) return true
    // As much again stays free, so that the ballast is never what fills the disk.
    const freeBytes = await this.#disk.freeBytes(path.dirname(this.#path))
    if (freeBytes < 2 * this.#sizeBytes) return false
    try {
      await replaceWhole(this.#disk, this.#path, this.#entropy.bytes(this.#sizeBytes))
      return true
    } catch (error) {
      if (!isStoreError(error, 'DISK_FULL')) throw error
      await this.release()
      return false
    }
  }

  /** Where `replaceWhole` leaves what it could not finish. */
  get #temporaryPath(): string {
    return `${this.#path}.tmp`
  }
}
