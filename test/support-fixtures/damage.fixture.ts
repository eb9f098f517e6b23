// Damage done by hand to a store that nobody has open.

import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

export const inStore = (root: string, ...names: string[]): string =>
  path.join(root, '.cenotaph', ...names)

export async function flipBit(file: string, byte: number, bit = 0): Promise<void> {
  const bytes = await readFile(file)
  bytes[byte] = bytes[byte]! ^ (1 << bit)
  await writeFile(file, bytes)
}

/** The newest file of LevelDB's folder whose name fits. */
export async function levelFile(root: string, name: RegExp): Promise<string> {
  const folder = inStore(root, 'level')
  const found = (await readdir(folder)).filter((file) => name.test(file)).sort()
  const last = found.at(-1)
  if (last === undefined) throw new Error(`no file ${name} in ${folder}`)
  return path.join(folder, last)
}

/** Copies a folder of LevelDB, without LOCK, for putting it back later. */
export async function copyLevel(root: string, to: string): Promise<void> {
  await cp(inStore(root, 'level'), to, {
    recursive: true,
    filter: (name) => path.basename(name) !== 'LOCK',
  })
}

export async function putLevelBack(root: string, from: string): Promise<void> {
  await rm(inStore(root, 'level'), { recursive: true })
  await cp(from, inStore(root, 'level'), { recursive: true })
}
