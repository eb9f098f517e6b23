// Fork a thread: by reference (the new rollout names the part of the base that it continues) or by copy (it holds
// the inherited lines). The base is untouched. A thread in Codex's legacy mode is always copied, as its lines have
// no ordinals to refer to.
// Survives: a crash before or after any step; the fork is there whole, or it is not there.

import {
  type HistoryBase,
  localTimeOf,
  openPlainSource,
  type RolloutId,
  rolloutFileName,
  type SessionMeta,
  sessionMetaOf,
  summarise,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { homeOf, refuseDurable, refuseElsewhere } from '../ephemeral/companion.js'
import { stageBytes, stagedPath, unstage } from '../files/staging.js'
import { byteOffsetAt, openThreadHistory } from '../reading/open-rollout.js'
import { rowOf } from '../threads/new-row.js'
import { newThreadId } from '../threads/new-thread-id.js'
import { ownerOf } from '../threads/relatives.js'
import {
  refuseArchived,
  refuseHidden,
  requireThreadId,
  requireUsable,
} from '../threads/require-thread.js'
import { firstLine } from '../threads/session-meta.js'
import { currentRollout, type ThreadRow } from '../threads/thread-row.js'
import { gatherBeside } from './barrier.js'
import { checkName, existsError } from './create.js'
import { placeInDirectory } from './directory.js'
import { interruption, writeInherited } from './flatten.js'
import { type ForkPoint, type ForkPointOptions, findForkPoint } from './fork-point.js'
import { sessionOf } from './fork-session.js'
import { inheritedPreview } from './inherited-preview.js'
import { defineOperation } from './operation.js'
import { type Publication, publishStep } from './publish.js'

export interface ForkOptions extends ForkPointOptions {
  /** Holds the inherited lines itself instead of referring to them. */
  readonly copy?: boolean
  /** Default: the base's name. */
  readonly name?: string
  /** Id of the fork; by default a new UUIDv7. */
  readonly newThreadId?: string
  /** In memory alone, by copy where the base is on disk. Default: as the base. */
  readonly ephemeral?: boolean
}

export interface ForkResult {
  readonly threadId: ThreadId
  readonly forkedFromId: ThreadId
  readonly throughOrdinal: number
  readonly kind: 'reference' | 'copy'
}

interface ForkState {
  /** Where the base is. */
  readonly home: StoreContext
  readonly base: ThreadRow
  readonly baseMeta: SessionMeta | undefined
  readonly threadId: ThreadId
  readonly point: ForkPoint
  readonly historyBase: HistoryBase | null
  readonly atMs: number
  readonly name: string | null
  /** What it shows of the lines that it inherits by reference. */
  readonly preview: string | null
  /** Filled in by `stage`. */
  row: ThreadRow | undefined
}

interface ForkPlan {
  readonly threadId: ThreadId
  readonly forkedFromId: ThreadId
  readonly endOrdinal: number
  readonly copy: boolean
  readonly publications: readonly Publication[]
}

/** @throws ARGUMENT_INVALID */
export const checkForkOptions = (options: ForkOptions): void =>
  checkOptions(options, {
    copy: 'flag',
    ephemeral: 'flag',
    name: 'text',
    newThreadId: 'text',
    throughOrdinal: 'count',
    beforeTurn: 'text',
    afterTurn: 'text',
  })

interface ForkArgs extends ForkOptions {
  readonly threadId: ThreadId
}

export const fork = defineOperation<ForkArgs, ForkState, ForkPlan, ForkResult>({
  name: 'fork',

  async gather(context, args) {
    if (args.name !== undefined) checkName(args.name)
    refuseDurable(context, args)
    const threadId =
      args.newThreadId !== undefined
        ? requireThreadId(args.newThreadId)
        : await newThreadId(context.clock, context.entropy)
    const home = await homeOf(context, args.threadId)
    const base = await requireUsable(home, args.threadId)
    const request = { exclusive: [threadId], shared: await baseChain(home, base.row) }
    return gatherBeside(context, home, request, () => read({ context, home }, args, threadId))
  },

  plan: ({ base, point, historyBase, threadId, atMs }) => ({
    threadId,
    forkedFromId: base.threadId,
    endOrdinal: point.endOrdinal,
    copy: historyBase === null,
    publications: [
      {
        threadId,
        archived: false,
        fileName: rolloutFileName({ localTime: localTimeOf(atMs), threadId }),
      },
    ],
  }),

  async stage(context, plan, operationId, state) {
    const staged = stagedPath(context, operationId)
    await stageBytes(context, staged, (put) => writeFork(state, put))
    const source = await openPlainSource(context.disk, staged)
    if (!source) throw new StoreError('ROLLOUT_NOT_FOUND', 'the staged fork is gone')
    try {
      const summary = await summarise(source)
      const { name, threadId, atMs } = state
      state.row = rowOf(
        { threadId, name, archived: false, archivedAt: null, fallbackTimeMs: atMs },
        [
          {
            rolloutId: threadId as string as RolloutId,
            fileName: plan.publications[0]!.fileName,
            compressed: false,
            summary,
          },
        ],
      )
    } finally {
      await source.close()
    }
  },

  abandon: (context, _plan, operationId) => unstage(context, operationId, 1),

  commit(context, plan, _operationId, { home, row, base, preview }) {
    refuseHidden(context, plan.threadId)
    refuseHidden(home, base.threadId)
    if (!row) throw new StoreError('ARGUMENT_INVALID', 'a fork is staged before it is committed')
    const placed = placeInDirectory(context, {
      ...row,
      preview: row.preview ?? preview,
      parentThreadId: null,
    })
    return {
      rows: [placed.row],
      operations: placed.operations,
      events: [
        {
          type: 'thread.forked',
          threadId: plan.threadId,
          payload: {
            forkedFromId: plan.forkedFromId,
            endOrdinal: plan.endOrdinal,
            copy: plan.copy,
          },
        },
      ],
    }
  },

  steps: [publishStep()],
  result: async (_context, { threadId, forkedFromId, endOrdinal, copy }) => ({
    threadId,
    forkedFromId,
    throughOrdinal: endOrdinal - 1,
    kind: copy ? 'copy' : 'reference',
  }),
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  threadsOf: ({ threadId }) => [threadId],
})

/** The thread and every thread that its history reaches into. */
async function baseChain(context: StoreContext, row: ThreadRow): Promise<ThreadId[]> {
  const chain = new Set<ThreadId>([row.threadId])
  const queue = [row]
  for (let next = queue.shift(); next; next = queue.shift()) {
    for (const { base } of next.rollouts) {
      if (!base) continue
      const owner = await ownerOf(context, base.thread_id)
      if (chain.has(owner)) continue
      chain.add(owner)
      const state = await context.threads.load(owner)
      if (state) queue.push(state.row)
    }
  }
  return [...chain]
}

async function read(
  { context, home }: { readonly context: StoreContext; readonly home: StoreContext },
  args: ForkArgs,
  threadId: ThreadId,
): Promise<ForkState> {
  refuseHidden(context, threadId)
  if (await context.threads.load(threadId)) throw existsError(threadId)
  await refuseElsewhere(context, threadId)
  const state = await requireUsable(home, args.threadId)
  refuseArchived(state)
  await home.appends.flush(state)
  const base = state.row
  const history = await openThreadHistory(home, base)
  try {
    const point = await findForkPoint(history, currentRollout(base).nextOrdinal, args)
    // A thread in memory refers to nothing on disk: its base may be gone before it is.
    const copy = args.copy || home !== context
    const historyBase = copy ? null : await referenceAt(context, history, point.endOrdinal)
    return {
      home,
      base,
      baseMeta: await canonicalMeta(history),
      threadId,
      point,
      historyBase,
      atMs: context.journal.storeTimeMs(),
      name: args.name ?? base.name,
      preview: historyBase && (await inheritedPreview(history, point.endOrdinal, base.preview)),
      row: undefined,
    }
  } finally {
    await history.close()
  }
}

type History = Awaited<ReturnType<typeof openThreadHistory>>

/** The newest session_meta of the lineage: the base's own settings, not those of what it was forked from. */
async function canonicalMeta(history: History): Promise<SessionMeta | undefined> {
  const tip = history.segments.at(-1)
  for await (const line of history.forward({ fromOrdinal: tip?.firstOrdinal ?? 0 })) {
    return sessionMetaOf(line)
  }
  return undefined
}

/** The reference to the line before `endOrdinal`; null where that line has no ordinal of its own, or its base dies. */
async function referenceAt(
  context: StoreContext,
  history: History,
  endOrdinal: number,
): Promise<HistoryBase | null> {
  const segment = history.segments.findLast(({ firstOrdinal }) => firstOrdinal < endOrdinal)
  if (!segment?.explicitOrdinals) return null
  if (context.dead.has(await ownerOf(context, segment.rolloutId))) return null
  return {
    thread_id: segment.rolloutId,
    end_ordinal_exclusive: endOrdinal,
    end_byte_offset: await byteOffsetAt(segment, endOrdinal),
  }
}

async function writeFork(
  state: ForkState,
  put: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const { home, base, point, historyBase, atMs } = state
  const { explicitOrdinals } = currentRollout(base)
  let next = point.endOrdinal
  if (historyBase) {
    await put(firstLine(sessionOf(state), next))
    next += 1
  } else {
    const history = await openThreadHistory(home, base)
    try {
      const lines = history.forward({ toOrdinal: point.endOrdinal })
      const meta = firstLine(sessionOf(state), 0)
      next = await writeInherited(lines, { meta, base: null, explicitOrdinals }, put)
    } finally {
      await history.close()
    }
  }
  if (point.openTurn !== undefined) {
    await put(interruption(point.openTurn, explicitOrdinals ? next : null, atMs))
  }
}
