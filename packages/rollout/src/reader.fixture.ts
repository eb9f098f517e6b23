// Reads bytes both ways, for tests that say what has to come out.

import { expect } from 'vitest'
import type { Damage } from './damage.js'
import type { RolloutLine } from './line.js'
import { type ReadBackwardOptions, readBackward, readForward } from './reader.js'
import { gather, lineBytes, metaBytes } from './rollout.fixture.js'
import { memorySource } from './source.js'

export interface ReadResult {
  readonly lines: RolloutLine[]
  readonly damage: Damage[]
}

export async function forward(
  bytes: Uint8Array,
  options: ReadBackwardOptions = {},
): Promise<ReadResult> {
  const damage: Damage[] = []
  const onDamage = (one: Damage) => damage.push(one)
  const lines = await gather(readForward(memorySource(bytes), { ...options, onDamage }))
  return { lines, damage }
}

export async function backward(
  bytes: Uint8Array,
  options: ReadBackwardOptions = {},
): Promise<ReadResult> {
  const damage: Damage[] = []
  const onDamage = (one: Damage) => damage.push(one)
  const lines = await gather(readBackward(memorySource(bytes), { ...options, onDamage }))
  return { lines, damage }
}

function sorted(damage: readonly Damage[]): string[] {
  return damage.map((one) => `${String(one.offset).padStart(12)} ${one.kind} ${one.length}`).sort()
}

export const join = (...parts: (Uint8Array | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))

export const noNewline = (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)
export const textOf = (line: RolloutLine | undefined) => Buffer.from(line?.bytes ?? []).toString()
export const meta = metaBytes(0)
export const one = lineBytes({ ordinal: 1 })
export const two = lineBytes({ ordinal: 2 })
export const ordinals = (result: ReadResult) => result.lines.map((line) => line.ordinal)

/** Reads both ways, demands the same, and returns it. */
export async function read(bytes: Uint8Array): Promise<ReadResult> {
  const there = await forward(bytes)
  const back = await backward(bytes)
  expect(back.lines.toReversed()).toEqual(there.lines)
  expect(sorted(back.damage)).toEqual(sorted(there.damage))
  return there
}
