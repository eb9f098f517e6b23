// The weekly search for residue: due when the last one is a week of store time ago. A store that was never searched is
// due a week after the first look, so that opening it costs nothing.
//
//   k/sweep   {"lastMs"}: store time at which the last search ended

import type { StoreContext } from '../context.js'
import { type ResidueReport, verifyResidue } from './verify-residue.js'

const KEY = 'k/sweep'
const EVERY_MS = 7 * 24 * 60 * 60 * 1000

/** undefined where it was not due. What is found stays found: the next `verify` with `residue` tells it again. */
export async function residueSweepIfDue(context: StoreContext): Promise<ResidueReport | undefined> {
  const lastMs = await lastSearch(context)
  const nowMs = context.journal.storeTimeMs()
  if (lastMs === undefined) await note(context, nowMs)
  if (lastMs === undefined || nowMs - lastMs < EVERY_MS) return undefined
  const report = await verifyResidue(context)
  await note(context, context.journal.storeTimeMs())
  return report
}

async function lastSearch(context: StoreContext): Promise<number | undefined> {
  const body = await context.journal.get(KEY)
  if (!body) return undefined
  const { lastMs } = JSON.parse(Buffer.from(body).toString()) as { lastMs: number }
  return lastMs
}

const note = (context: StoreContext, lastMs: number): Promise<void> =>
  context.journal.commit(() => ({
    operations: [{ type: 'put', key: KEY, body: Buffer.from(JSON.stringify({ lastMs })) }],
    applied: () => {},
  }))
