import type { SweepResult } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testTerminal } from '../terminal.fixture.js'
import { sweepText } from './sweep-text.js'

const { colours } = testTerminal({ root: '/nowhere' })

const nothing: SweepResult = {
  state: 'deleted',
  planId: null,
  threadIds: [],
  alreadyDeleted: [],
  forks: [],
  forksByCopy: [],
  held: [],
  live: [],
  spared: [],
  wouldRefuse: null,
  bytes: 0,
  files: 0,
  deleteAfter: null,
  pending: [],
  receipt: null,
  receipts: [],
  unconfirmed: [],
  residue: null,
}

const searched = { problems: [], files: 12, bytes: 2048, shared: 0, notSearched: [] }

describe('a sweep', () => {
  it('says that there was nothing, or what the weekly search read and found', () => {
    expect(sweepText(nothing, colours)).toBe('Nothing was pending or due.')
    expect(sweepText({ ...nothing, residue: searched }, colours)).toContain(
      'found nothing of deleted threads in 12 files (2.0 KiB)',
    )
    const problem = {
      code: 'RESIDUE_FOUND',
      threadId: null,
      detail: 'quarantine/one\u001b',
    } as const
    const found = sweepText({ ...nothing, residue: { ...searched, problems: [problem] } }, colours)
    expect(found).toContain('search of 12 files')
    expect(found).toContain('RESIDUE_FOUND quarantine/one')
    expect(found).not.toContain('\u001b')
  })

  it('names what waits for a clock, with its date', () => {
    const deleteAfter = '2030-01-31T12:00:00.000Z'
    const threadId = '019cebb3-eafc-7000-8000-0000d5b3c1a7' as SweepResult['threadIds'][number]
    const told = sweepText({ ...nothing, unconfirmed: [{ threadId, deleteAfter }] }, colours)
    expect(told).toContain(`${threadId}  ${deleteAfter}`)
    expect(told).toContain('sweep --confirm-clock')
  })
})
