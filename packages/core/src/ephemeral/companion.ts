// A store on disk may have a half in memory, for ephemeral threads. What the two halves ask each other: an id belongs
// to one of them, a thread in memory may continue or be spawned by one on disk, and dies with the one that spawned it.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'

export interface Companion {
  /** Whether an id is in the other half, dead or alive. */
  knows(id: ThreadId): Promise<boolean>
  /** The store on disk, asked by its half in memory; undefined for the store on disk itself. */
  readonly durable?: () => StoreContext
  /** Called in the turn in which threads die. */
  onDeath?(ids: readonly ThreadId[]): void
}

/** Nobody beside a store: all that there is lies in it. */
export const alone: Companion = { knows: async () => false }

/** An id is one thread, wherever it is. @throws THREAD_EXISTS */
export async function refuseElsewhere({ options }: StoreContext, id: ThreadId): Promise<void> {
  if (!(await options.companion.knows(id))) return
  throw new StoreError('THREAD_EXISTS', `thread ${id} exists`, { detail: { threadId: id } })
}

/** Where a thread is that another one continues, or is spawned by: here, or on disk beside a store in memory. */
export async function homeOf(context: StoreContext, id: ThreadId): Promise<StoreContext> {
  const { durable } = context.options.companion
  if (!durable || context.dead.has(id) || (await context.threads.load(id))) return context
  return durable()
}

/** @throws ARGUMENT_INVALID where somebody asks a store in memory for a thread on disk */
export function refuseDurable(
  { options }: StoreContext,
  { ephemeral }: { readonly ephemeral?: boolean },
): void {
  if (ephemeral !== false || !options.ephemeral) return
  throw new StoreError(
    'ARGUMENT_INVALID',
    'what a thread in memory spawns or is forked into is in memory too; export it to keep it',
  )
}
