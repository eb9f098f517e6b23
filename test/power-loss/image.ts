// A small ext4 file system in a file, mounted over a loop device. What the image holds at an instant is what a disk
// would hold if the power went: what no fsync had pushed down is in the kernel's memory only.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const IMAGE_BYTES = 12 * 1024 * 1024

function run(command: string, ...words: readonly string[]): boolean {
  return spawnSync(command, words, { stdio: 'ignore' }).status === 0
}

/** Runs something with the image mounted at a folder of its own. */
export async function mounted<T>(image: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-mount-'))
  if (!run('mount', '-o', 'loop', image, folder)) throw new Error(`cannot mount ${image}`)
  try {
    return await use(folder)
  } finally {
    // Where it is still busy the folder is left: whoever mounts the image next fails loudly.
    if (run('umount', folder)) rmSync(folder, { recursive: true })
  }
}

export function makeImage(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, '')
  truncateSync(file, IMAGE_BYTES)
  if (!run('mkfs.ext4', '-q', '-F', '-b', '1024', '-J', 'size=1', file))
    throw new Error(`cannot make a file system in ${file}`)
}

export const copyImage = (from: string, to: string): void => copyFileSync(from, to)

/** Copies an image that nobody is writing to any more; what was on its way may still arrive, so until it holds still. */
export function copyWhenStill(image: string, to: string): void {
  const changed = () => statSync(image, { bigint: true }).mtimeNs
  for (let before = changed(), after: bigint; ; before = after) {
    copyImage(image, to)
    after = changed()
    if (after === before) break
  }
}

/** Whether this machine and this user may mount images; undefined where they may, else why not. */
export async function whyNotMountable(): Promise<string | undefined> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-image-'))
  try {
    const image = path.join(folder, 'probe.img')
    makeImage(image)
    await mounted(image, async () => {})
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
