// A source with patches reads the same whichever way it is cut into reads.

import { encodeLine, memorySource, redactRecord } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findPatches, patchedSource } from './patches.js'

const line = (ordinal: number, text: string): Uint8Array =>
  encodeLine({
    timestamp: '2026-11-18T10:20:30.000Z',
    ordinal,
    type: 'response_item',
    payload: JSON.stringify({ type: 'message', text }),
  })

const options = { spans: [{ from: 1, to: 2 }], firstOrdinal: 0, maxLineBytes: 1024 * 1024 }

describe('patches', () => {
  it('replace records of their ordinals, in every read', async () => {
    const lines = ['zero', 'secret one', 'secret twó', 'three'].map((text, at) => line(at, text))
    const bytes = Buffer.concat(lines)
    const source = memorySource(bytes)
    const { patches, unredacted } = await findPatches(source, options)
    expect(unredacted).toBe(2)
    const newline = Buffer.from('\n')
    const wanted = Buffer.concat(
      lines.map((one, at) =>
        at === 1 || at === 2 ? Buffer.concat([redactRecord(one.subarray(0, -1)), newline]) : one,
      ),
    )
    const read = patchedSource(source, () => patches)
    expect(Buffer.from(await read.read(0, bytes.length))).toEqual(wanted)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), async (offset, length) => {
        const part = Buffer.from(await read.read(offset, length))
        expect(part).toEqual(wanted.subarray(offset, offset + length))
      }),
    )
    // The bytes of the source are shared, and stay as they were.
    expect(Buffer.concat(lines)).toEqual(bytes)
    expect((await findPatches(read, options)).unredacted).toBe(0)
  })
})
