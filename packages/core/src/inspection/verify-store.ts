// Verify: reads everything and believes nothing. Rollouts against their rows, ordinals, lineage, tombstones against
// files, the event chain, receipts, modes. Changes nothing. Never opens LevelDB's LOCK.

import path from 'node:path'
import { type Damage, parseRolloutFileName, summarise, type ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import { knownBackups } from '../backup/known-backups.js'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { walkRollouts } from '../erasure/names-on-disk.js'
import { listQuarantine } from '../erasure/quarantine.js'
import { isSetAsideLevel } from '../erasure/scrub.js'
import { damagedEvents } from '../events/damaged-events.js'
import { listReceiptIds, listReceipts, verifyReceipt } from '../proof/index.js'
import { openRollout, openThreadHistory } from '../reading/open-rollout.js'
import { allThreadIds } from '../reading/resolve-thread.js'
import { differs } from '../threads/rollout-checksum.js'
import type { ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { verifyAttachments } from './verify-attachments.js'
import { verifyHold, verifyHoldIndex, verifyPolicy } from './verify-care.js'
import { verifyLevel } from './verify-level.js'
import { verifyParticipants } from './verify-participants.js'
import { type ResidueReport, verifyResidue } from './verify-residue.js'
import { verifySchedules } from './verify-schedules.js'

export interface Problem {
  readonly code: string
  readonly threadId: ThreadId | null
  readonly detail: string
}

export interface VerifyReport {
  readonly ok: boolean
  readonly threads: number
  readonly bytes: number
  readonly problems: readonly Problem[]
  /** What the search for residue read, where it was asked for. */
  readonly residue?: Omit<ResidueReport, 'problems'>
}

export interface VerifyOptions {
  /** Also reads every byte under the root for what deleted threads may have left. */
  readonly residue?: boolean
}

export type Report = (code: string, threadId: ThreadId | null, detail: string) => void

export async function verifyStore(
  context: StoreContext,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  checkOptions(options, { residue: 'flag' })
  const problems: Problem[] = []
  const report: Report = (code, threadId, detail) => problems.push({ code, threadId, detail })
  let threads = 0
  let bytes = 0
  const known = new Set<string>()
  for await (const id of allThreadIds(context)) {
    const state = await context.threads.load(id)
    if (!state || context.dead.has(id)) continue
    threads += 1
    for (const { rolloutId } of state.row.rollouts) known.add(`${id} ${rolloutId}`)
    bytes += await verifyThread(context, state, report)
  }
  await verifyHoldIndex(context, report)
  await verifyPolicy(context, report)
  await verifyParticipants(context, report)
  await verifySchedules(context, report)
  await verifyLevel(context, report)
  await verifyNames(context, known, report)
  await verifyLog(context, report)
  await verifyReceipts(context, report)
  verifyBackups(context, report)
  await verifyModes(context, report)
  for (const piece of await listQuarantine(context)) {
    report(
      'QUARANTINE',
      null,
      `${piece.bytes} bytes set aside (${piece.report?.why ?? 'no report'})`,
    )
  }
  for (const { id, kind, failedStep, failure } of context.openOperations.all()) {
    // One that is simply under way is no problem.
    if (!failure) continue
    report(
      'OPERATION_OPEN',
      null,
      `${kind} ${id} at ${failedStep ?? 'start'}: ${failure?.message ?? ''}`,
    )
  }
  if (!options.residue) return { ok: problems.length === 0, threads, bytes, problems }
  const { problems: left, ...residue } = await verifyResidue(context)
  problems.push(...left)
  return { ok: problems.length === 0, threads, bytes, problems, residue }
}

async function verifyThread(
  context: StoreContext,
  state: ThreadState,
  report: Report,
): Promise<number> {
  const { row } = state
  if (state.unavailable) report(state.unavailable.code, row.threadId, state.unavailable.message)
  let bytes = 0
  for (const rollout of row.rollouts) {
    try {
      const source = await openRollout(context, row, rollout)
      try {
        const summary = await summarise(source, { expectedThreadId: row.threadId })
        bytes += summary.bytes
        for (const damage of summary.damage) report('ROLLOUT_DAMAGED', row.threadId, text(damage))
        const countsDiffer =
          summary.items !== rollout.items || summary.nextOrdinal !== rollout.nextOrdinal
        if (countsDiffer)
          report('ROW_DIFFERS', row.threadId, 'the row and the rollout count differently')
        if (differs(rollout, summary.crc32) && !(await wasRewritten(context, row)))
          report('ROLLOUT_DAMAGED', row.threadId, 'committed bytes have changed')
      } finally {
        await source.close()
      }
    } catch (error) {
      if (!isStoreError(error)) throw error
      report(error.code, row.threadId, error.message)
    }
  }
  await verifyHold(context, state, report)
  await verifyTail(context, state, report)
  await verifyLineage(context, state, report)
  await verifyAttachments(context, state, report)
  return bytes
}

/** Whoever rewrote a rollout while it was read has compared its bytes, and committed new ones. */
const wasRewritten = async (
  { threads }: StoreContext,
  { threadId, generation }: ThreadRow,
): Promise<boolean> => (await threads.load(threadId))?.row.generation !== generation

const text = ({ kind, offset, length }: Damage): string =>
  `${kind} at byte ${offset}, ${length} bytes`

/** Bytes behind the committed length belong to nobody that the journal knows. */
async function verifyTail(
  context: StoreContext,
  state: ThreadState,
  report: Report,
): Promise<void> {
  for (const { fileName, compressed, bytes } of state.row.rollouts) {
    if (compressed) continue
    const place = context.layout.rolloutPath({ archived: state.row.archived, fileName })
    const stat = await context.disk.stat(place)
    if (stat && stat.bytes > bytes && !context.locks.isHeld(state.threadId)) {
      report(
        'ROLLOUT_CHANGED',
        state.threadId,
        `${stat.bytes - bytes} bytes that no record vouches for`,
      )
    }
    if (stat && (stat.mode & 0o077) !== 0) {
      report('MODE', state.threadId, `mode ${stat.mode.toString(8)} lets others in`)
    }
  }
}

async function verifyLineage(
  context: StoreContext,
  state: ThreadState,
  report: Report,
): Promise<void> {
  if (state.row.rollouts.every((rollout) => rollout.base === null)) return
  try {
    const history = await openThreadHistory(context, state.row, (damage) => {
      if (damage.kind === 'missing-base')
        report('LINEAGE_BASE_MISSING', state.threadId, text(damage))
    })
    await history.close()
  } catch (error) {
    if (!isStoreError(error)) throw error
    report(error.code, state.threadId, error.message)
  }
}

/** Files of the dead, and files that no row knows. */
async function verifyNames(
  context: StoreContext,
  known: ReadonlySet<string>,
  report: Report,
): Promise<void> {
  await walkRollouts(context, ({ path: full, kind, owner }) => {
    if (kind === 'temporary') return report('TEMPORARY', owner ?? null, path.basename(full))
    const parsed = parseRolloutFileName(path.basename(full))
    if (!parsed) return
    const deletedBy = context.dead.receiptOf(parsed.threadId)
    if (deletedBy !== undefined) {
      if (!context.openOperations.get(deletedBy))
        report('DEAD_FILE', parsed.threadId, path.basename(full))
    } else if (!known.has(`${parsed.threadId} ${parsed.rolloutId}`)) {
      report(
        'FOREIGN_ROLLOUT',
        parsed.threadId,
        `${path.basename(full)} is not in the store; import it`,
      )
    }
  })
}

async function verifyLog({ events, journal }: StoreContext, report: Report): Promise<void> {
  // Both of one instant: events go on while the log is read.
  const { size, rootHash } = events
  for await (const position of damagedEvents(journal, size))
    report('EVENT_DAMAGED', null, `event ${position}`)
  const root = Buffer.from(await events.tree.rootAt(size)).toString('hex')
  if (root !== rootHash) report('EVENT_LOG_DIFFERS', null, 'the tree and its nodes disagree')
}

async function verifyReceipts(context: StoreContext, report: Report): Promise<void> {
  // Asked before the files are listed, and again behind it: a delete that begins or ends meanwhile is judged the next time.
  const isOver = ({ operationId }: { readonly operationId: string }): boolean =>
    !context.journal.isUnderWay(operationId)
  const over = context.tombstones.prepared().filter(isOver)
  const { receipts, damaged } = await listReceipts(context.disk, context.layout.receiptsFolder)
  for (const receipt of receipts) {
    // A lost key is replaced by repair, which begins an epoch: older receipts are the older key's.
    const ours = receipt.log.epoch === context.identity.epoch
    const { ok, problems } = verifyReceipt(receipt, ours ? context.signingKey.publicKey : undefined)
    if (!ok) report('RECEIPT_INVALID', null, `${receipt.receiptId}: ${problems.join('; ')}`)
  }
  for (const { receiptId } of damaged)
    report('RECEIPT_INVALID', null, `${receiptId} cannot be read`)
  const files = new Set(receipts.map((receipt) => receipt.receiptId))
  const missing = over.filter(({ operationId }) => !files.has(operationId)).filter(isOver)
  if (missing.length === 0) return
  for (const id of await listReceiptIds(context.disk, context.layout.receiptsFolder)) files.add(id)
  for (const { receiptId } of damaged) files.delete(receiptId)
  for (const { operationId } of missing) {
    if (!files.has(operationId))
      report('RECEIPT_MISSING', null, `the delete ${operationId} has no receipt file`)
  }
}

/** What a backup that was cut short has left may hold text of threads, the deleted ones too. */
function verifyBackups(context: StoreContext, report: Report): void {
  for (const { backupId, path: place, state } of knownBackups(context)) {
    if (state === 'unfinished') report('BACKUP_UNFINISHED', null, `${backupId} in ${place}`)
  }
}

async function verifyModes(context: StoreContext, report: Report): Promise<void> {
  const { disk, layout } = context
  for (const folder of [layout.cenotaphFolder, layout.levelFolder, layout.receiptsFolder]) {
    const stat = await disk.stat(folder)
    if (stat && (stat.mode & 0o077) !== 0) {
      report('MODE', null, `${path.basename(folder)} has mode ${stat.mode.toString(8)}`)
    }
  }
  for (const { name } of (await disk.list(layout.cenotaphFolder)) ?? []) {
    if (isSetAsideLevel(name))
      report('LEVEL_SET_ASIDE', null, `${name} still holds text of all threads`)
  }
}
