// The example is a receipt as the engine makes them today, and the page explains every member of it.

import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Receipt, verifyReceipt } from '@cenotaph/core'
import { afterAll, describe, expect, it } from 'vitest'
import { exampleReceipt } from './example-story.js'
import { textOf } from './fences.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-example-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const example = JSON.parse(textOf('docs/example-receipt.json')) as Receipt

/** Everything but ids, times, hashes and counts of what is searched: the same calls, the same receipt. */
const outlineOf = (receipt: Receipt): unknown => ({
  members: Object.keys(receipt),
  threads: receipt.threadIds.length,
  steps: receipt.steps.map(({ name, outcome, attempts }) => [name, outcome, attempts]),
  participants: receipt.participants,
  files: receipt.files.map(({ kind }) => kind),
  items: receipt.items,
  survivors: receipt.survivingForks.map(({ kind }) => kind),
  verification: { ...receipt.verification, scannedFiles: 0, scannedBytes: 0 },
  outOfReach: receipt.outOfReach.map((line) => line.replace(/[\da-f]{16} of \S+/, 'ID of TIME')),
  redaction: receipt.redaction,
  log: {
    ...receipt.log,
    rootHash: '',
    inclusionProof: receipt.log.inclusionProof.length,
    event: 0,
  },
})

describe('docs/example-receipt.json', () => {
  it('is what the calls that the page tells give today', async () => {
    const { receipt, publicKey } = await exampleReceipt(folder)
    expect(outlineOf(example)).toEqual(outlineOf(receipt))
    expect(verifyReceipt(receipt, publicKey).ok).toBe(true)
    expect(verifyReceipt(example, example.publicKey).ok).toBe(true)
  })

  it('has every member explained, in its order', () => {
    const [, section = ''] = textOf('docs/erasure.md').split('## The receipt, member by member')
    const rows = section.split('\n').filter((line) => line.startsWith('| `'))
    const explained = rows.flatMap((row) => row.split('|')[1]!.match(/[a-zA-Z]+/g) ?? [])
    expect(explained).toEqual(Object.keys(example))
  })

  it('is verified on the page with its own key', () => {
    expect(textOf('docs/erasure.md')).toContain(example.publicKey)
  })
})
