// Create a thread: its rollout with one session_meta line, its row, its event.
// Survives: a crash before or after any step; the thread is there with its rollout, or it is not there at all.

import {
  localTimeOf,
  memorySource,
  type RolloutId,
  rolloutFileName,
  summarise,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { homeOf, refuseDurable, refuseElsewhere } from '../ephemeral/companion.js'
import { stageBytes, stagedPath, unstage } from '../files/staging.js'
import { rowOf } from '../threads/new-row.js'
import { newThreadId } from '../threads/new-thread-id.js'
import {
  refuseArchived,
  refuseHidden,
  requireThreadId,
  requireUsable,
} from '../threads/require-thread.js'
import { firstLine } from '../threads/session-meta.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { gatherBeside } from './barrier.js'
import { placeInDirectory } from './directory.js'
import { defineOperation } from './operation.js'
import { type Publication, publishStep } from './publish.js'

export interface CreateThreadOptions {
  /** A UUID; by default a new UUIDv7. */
  readonly threadId?: string
  /** Absolute path of the working directory. Default: the process's. */
  readonly cwd?: string
  readonly name?: string
  /** The thread that spawns this one; deleted and archived with it. */
  readonly parentThreadId?: string
  readonly modelProvider?: string
  /** `session_meta.source`; default `cli`, or a spawn of the parent. */
  readonly source?: unknown
  /** More fields for the session_meta payload. */
  readonly meta?: Readonly<Record<string, unknown>>
  /**
   * In memory alone: not a name nor a count of it is on disk, and it is gone when the store closes. Default: as its
   * parent, and false without one. Where the parent is on disk, it dies with the parent's delete.
   */
  readonly ephemeral?: boolean
}

export interface CreatePlan {
  readonly threadId: ThreadId
  readonly publications: readonly Publication[]
}

interface CreateState {
  /** Where the parent is. */
  readonly home: StoreContext
  readonly row: ThreadRow
  readonly line: Uint8Array
}

export const create = defineOperation<CreateThreadOptions, CreateState, CreatePlan, ThreadId>({
  name: 'create',

  async gather(context, options) {
    checkCreateOptions(options)
    refuseDurable(context, options)
    const id =
      options.threadId !== undefined
        ? requireThreadId(options.threadId)
        : await newThreadId(context.clock, context.entropy)
    const { parentThreadId } = options
    const parent = parentThreadId !== undefined ? requireThreadId(parentThreadId) : null
    // The parent's lock keeps its delete from missing the child that appears meanwhile.
    const home = parent ? await homeOf(context, parent) : context
    return gatherBeside(
      context,
      home,
      { exclusive: [id], shared: parent ? [parent] : [] },
      async () => {
        refuseHidden(context, id)
        if (await context.threads.load(id)) throw existsError(id)
        await refuseElsewhere(context, id)
        const parentRow = parent ? await spawningParent(home, parent) : undefined
        return { home, ...(await buildRow(context, id, parentRow, options)) }
      },
    )
  },

  plan: ({ row: { threadId, rollouts } }) => ({
    threadId,
    publications: [{ threadId, archived: false, fileName: rollouts[0]!.fileName }],
  }),

  async stage(context, _plan, operationId, { line }) {
    await stageBytes(context, stagedPath(context, operationId), (put) => put(line))
  },

  abandon: (context, _plan, operationId) => unstage(context, operationId, 1),

  commit(context, _plan, _operationId, { home, row }) {
    refuseHidden(context, row.threadId)
    if (row.parentThreadId) refuseHidden(home, row.parentThreadId)
    const placed = placeInDirectory(context, row)
    return {
      rows: [placed.row],
      operations: placed.operations,
      events: [
        {
          type: 'thread.created',
          threadId: row.threadId,
          payload: { name: row.name, parentThreadId: row.parentThreadId },
        },
      ],
    }
  },

  steps: [publishStep()],
  result: async (_context, plan) => plan.threadId,
  locksOf: (plan) => ({ exclusive: [plan.threadId] }),
  threadsOf: (plan) => [plan.threadId],
})

export const existsError = (id: ThreadId): StoreError =>
  new StoreError('THREAD_EXISTS', `thread ${id} exists`, { detail: { threadId: id } })

/** A thread that is out of the way spawns nothing. */
async function spawningParent(context: StoreContext, id: ThreadId): Promise<ThreadRow> {
  const parent = await requireUsable(context, id)
  refuseArchived(parent)
  return parent.row
}

async function buildRow(
  context: StoreContext,
  id: ThreadId,
  parent: ThreadRow | undefined,
  options: CreateThreadOptions,
): Promise<Omit<CreateState, 'home'>> {
  const atMs = context.journal.storeTimeMs()
  const line = firstLine(
    {
      threadId: id,
      atMs,
      cwd: options.cwd ?? parent?.cwd ?? process.cwd(),
      modelProvider: options.modelProvider ?? parent?.modelProvider ?? null,
      source: options.source,
      parentThreadId: parent?.threadId ?? null,
      ...(options.meta ? { extra: options.meta } : {}),
    },
    0,
  )
  const row = rowOf(
    {
      threadId: id,
      name: options.name ?? null,
      archived: false,
      archivedAt: null,
      fallbackTimeMs: atMs,
    },
    [
      {
        rolloutId: id as string as RolloutId,
        fileName: rolloutFileName({ localTime: localTimeOf(atMs), threadId: id }),
        compressed: false,
        summary: await summarise(memorySource(line)),
      },
    ],
  )
  return { row, line }
}

function checkCreateOptions(options: CreateThreadOptions): void {
  checkOptions(options, {
    cwd: 'text',
    modelProvider: 'text',
    meta: 'object',
    ephemeral: 'flag',
  })
  const refuse = (message: string): never => {
    throw new StoreError('ARGUMENT_INVALID', message)
  }
  if (options.name !== undefined) checkName(options.name)
  if (options.cwd === '') refuse('cwd must be a path')
  try {
    JSON.stringify([options.meta, options.source])
  } catch (cause) {
    throw new StoreError('ARGUMENT_INVALID', 'meta and source must be JSON', { cause })
  }
}

const NAME_CHARACTERS_MAX = 500

/** @throws ARGUMENT_INVALID */
export function checkName(name: string): void {
  const usable =
    typeof name === 'string' && name.trim() !== '' && name.length <= NAME_CHARACTERS_MAX
  if (!usable || /[\r\n\0]/.test(name)) {
    throw new StoreError('ARGUMENT_INVALID', 'a name is one line of 1 to 500 characters')
  }
}
