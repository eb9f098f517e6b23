// Delete: shows its plan, asks, acts on exactly that plan, prints the receipt.

import type {
  DeleteResult,
  ForksMode,
  ThreadId,
  ThreadSelection,
  ThreadStore,
} from '@cenotaph/core'
import { isStoreError } from '@cenotaph/storage'
import {
  agreedBefore,
  askFirst,
  type ConsentOptions,
  consentOptions,
  refuseWithoutConsent,
} from '../arguments/consent.js'
import { durationOption, given, timeOption } from '../arguments/parse.js'
import { type SelectionOptions, selectionOf, selectionOptions } from '../arguments/selection.js'
import { type LastOptions, lastOptions, threadsOf } from '../arguments/threads.js'
import { deletionAnswer } from '../deletion-answer.js'
import { deletionDocument } from '../documents.js'
import { planText, shownMax } from '../output/deletion-text.js'
import { titleOf } from '../output/thread-text.js'
import { countText } from '../output/units.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface DeleteOptions extends LastOptions, ConsentOptions, SelectionOptions {
  readonly forks?: ForksMode
  readonly reason?: string
  readonly dryRun?: true
  readonly expectPlan?: string
  readonly in?: string
  readonly at?: string
}

export const deleteVerb = defineVerb<[threads: string[]], DeleteOptions>({
  name: 'delete',
  summary: 'delete threads for good, with all they spawned, and print the receipt',
  arguments: [{ name: '[thread...]', description: 'ids, prefixes or names' }],
  options: [
    ...lastOptions,
    {
      flags: '--forks <mode>',
      description: 'what becomes of threads that continue a deleted one (default: refuse)',
      choices: ['refuse', 'detach', 'cascade'],
    },
    { flags: '--reason <text>', description: 'kept in the receipt for ever' },
    { flags: '--dry-run', description: 'stop after the plan' },
    { flags: '--expect-plan <id>', description: 'refuse any plan but this one' },
    ...consentOptions,
    ...selectionOptions,
    {
      flags: '--in <duration>',
      description: 'after so long, such as 12h or 30d; `restore` takes it back until then',
      parse: durationOption,
    },
    {
      flags: '--at <time>',
      description: 'at that time, such as 2030-01-31T12:00:00Z',
      parse: timeOption,
    },
  ],
  async run(call) {
    const { options, terminal, signal } = call
    if (options.in !== undefined && options.at !== undefined)
      throw new UsageError('--in and --at exclude each other')
    refuseWithoutConsent(options, terminal)
    const selection = selectionOf(options, call.arguments[0], terminal.cwd)
    const threads = selection ?? (await threadsOf(call, call.arguments[0]))
    const store = await call.store()
    const { forks, reason, expectPlan, dryRun } = options
    const choices = given({ forks, reason, in: options.in, at: options.at })
    const plan = await store.deleteThreads(threads, {
      ...choices,
      ...given({ expectPlan }),
      dryRun: true,
    })
    const shown = planText(plan, await titlesOf(store, plan))
    if (dryRun) return { json: deletionDocument(plan), text: shown }
    const asked = plan.threadIds.length > 0 && !agreedBefore(options)
    if (asked) {
      const count = countText(plan.threadIds.length, 'thread')
      await askFirst(
        shown,
        plan.deleteAfter === null
          ? `Delete ${count} for good?`
          : `Delete ${count} for good on ${plan.deleteAfter}?`,
        terminal,
        signal,
      )
    }
    const result = await deletePlanned(store, threads, plan, choices)
    const answer = deletionAnswer(result, terminal.colours)
    // Who was asked has seen the plan already.
    return asked || plan.threadIds.length === 0
      ? answer
      : { ...answer, text: `${shown}\n\n${answer.text}` }
  },
})

/** Deletes what was shown and nothing else. A repeat of what is dead has no plan. */
async function deletePlanned(
  store: ThreadStore,
  threads: readonly ThreadId[] | ThreadSelection,
  plan: DeleteResult,
  choices: {
    readonly forks?: ForksMode
    readonly reason?: string
    readonly in?: string
    readonly at?: string
  },
): Promise<DeleteResult> {
  if (plan.threadIds.length === 0 || plan.planId === null) {
    return store.deleteThreads(threads, choices)
  }
  const result = await store.deleteThreads(threads, { ...choices, expectPlan: plan.planId })
  // The receipt sums many files up into a line a kind; the plan counted them.
  return { ...result, planId: plan.planId, files: plan.files }
}

async function titlesOf(
  store: ThreadStore,
  plan: DeleteResult,
): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>()
  const spared = plan.spared.map(({ threadId }) => threadId)
  const shown = [plan.threadIds, plan.forks, spared].flatMap((ids) => ids.slice(0, shownMax))
  for (const id of new Set(shown)) {
    // One that is scheduled already has no title to show.
    const thread = await store.readThread(id).catch(ignoreScheduled)
    if (thread) titles.set(id, titleOf(thread))
  }
  return titles
}

function ignoreScheduled(error: unknown): undefined {
  if (!isStoreError(error, 'THREAD_SCHEDULED')) throw error
}
