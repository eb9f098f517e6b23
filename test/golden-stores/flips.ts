// Bits to flip in a golden store, and what each file is. Every file gets its share, spread over all of it: headers,
// bodies and ends alike.

import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Random } from '../support/canary.js'
import { filesBelow } from '../traps/store.fixture.js'

const patterns = {
  rollout: /sessions\/.*\.jsonl$/,
  compressed: /\.jsonl\.zst$/,
  log: /level\/\d+\.log$/,
  table: /level\/\d+\.ldb$/,
  manifest: /level\/MANIFEST-\d+$/,
  current: /level\/CURRENT$/,
  anchor: /anchor\.json$/,
  tombstones: /tombstones$/,
  receipt: /receipts\/.*\.json$/,
  key: /key\.pem$/,
  owner: /owner\.json$/,
  piece: /quarantine\/.*\.bytes$/,
  report: /quarantine\/.*\.json$/,
} as const

export type Region = keyof typeof patterns

export const regions = Object.keys(patterns) as Region[]

export interface Flip {
  /** Below the root. */
  readonly file: string
  readonly region: Region
  readonly byte: number
  readonly bit: number
}

/** As {@link flipNamed} reads it. */
export const flipName = ({ file, byte, bit }: Flip): string => `${file}:${byte}.${bit}`

export function flipNamed(root: string, name: string): Flip {
  const [, file = '', byte, bit] = /^(.+):(\d+)\.([0-7])$/.exec(name) ?? []
  const flip = { file, region: regionOf(file), byte: Number(byte), bit: Number(bit) }
  if (flip.byte >= statSync(path.join(root, file)).size) throw new Error(`${name} is past the end`)
  return flip
}

const namesOf = (root: string): string[] =>
  filesBelow(root).map((full) => path.relative(root, full))

export function regionOf(file: string): Region {
  const found = regions.filter((region) => patterns[region].test(file))
  if (found.length !== 1) throw new Error(`${file} is in ${found.length} regions`)
  return found[0]!
}

/** `count` flips in all; a small file gets at least `eachMin`, or one for each of its bytes. */
export function chooseFlips(root: string, random: Random, count: number, eachMin: number): Flip[] {
  const files = namesOf(root).map((file) => ({ file, size: statSync(path.join(root, file)).size }))
  const floors = files.map(({ size }) => Math.min(size, eachMin))
  const left = Math.max(0, count - floors.reduce((sum, floor) => sum + floor, 0))
  const total = files.reduce((sum, { size }) => sum + size, 0)
  return files.flatMap(({ file, size }, index) => {
    const share = floors[index]! + Math.ceil((left * size) / total)
    // One in each of `share` equal stretches.
    return Array.from({ length: share }, (_, n) => ({
      file,
      region: regionOf(file),
      byte: Math.min(size - 1, Math.floor(((n + random()) * size) / share)),
      bit: Math.floor(random() * 8),
    }))
  })
}

export function everyFlip(root: string): Flip[] {
  return namesOf(root).flatMap((file) => {
    const bits = statSync(path.join(root, file)).size * 8
    const region = regionOf(file)
    return Array.from({ length: bits }, (_, at) => ({ file, region, byte: at >> 3, bit: at & 7 }))
  })
}

/** Bits that are named by their files and places. */
export function namedFlips(
  root: string,
  bits: readonly { readonly file: string; readonly byte: number; readonly bit: number }[],
): Flip[] {
  return bits.map(({ file: part, byte, bit }) => {
    const [file, ...others] = namesOf(root).filter((name) => name.includes(part))
    if (!file || others.length > 0) throw new Error(`${part} names ${others.length + 1} files`)
    const { size } = statSync(path.join(root, file))
    return { file, region: regionOf(file), byte: byte < 0 ? size + byte : byte, bit }
  })
}

/** Flips the bit in a copy of the store. A second time mends it. */
export const flipIn = (root: string, { file, byte, bit }: Flip): void =>
  flipInFile(path.join(root, file), byte, bit)

export function flipInFile(file: string, byte: number, bit: number): void {
  const descriptor = openSync(file, 'r+')
  try {
    const bytes = new Uint8Array(1)
    readSync(descriptor, bytes, 0, 1, byte)
    bytes[0]! ^= 1 << bit
    writeSync(descriptor, bytes, 0, 1, byte)
  } finally {
    closeSync(descriptor)
  }
}
