// Retention: what becomes of threads that nobody has used for long. Setting a policy does nothing by itself: `run` does
// what `plan` shows, after asking.

import path from 'node:path'
import type { RetentionPlan, RetentionPolicy, RetentionRun, ThreadStore } from '@cenotaph/core'
import {
  agreedBefore,
  askFirst,
  type ConsentOptions,
  consentOptions,
  refuseWithoutConsent,
} from '../arguments/consent.js'
import { durationOption, given, wholeNumber } from '../arguments/parse.js'
import { deletionDocument } from '../documents.js'
import { exitCodes } from '../exit-codes.js'
import { deletionText } from '../output/deletion-text.js'
import {
  policyText,
  retentionPlanText,
  retentionRunText,
  shownIn,
} from '../output/retention-text.js'
import { titleOf } from '../output/thread-text.js'
import { countText } from '../output/units.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { type Answer, type AnyVerb, defineVerb } from '../verb.js'

interface SetOptions {
  readonly archiveAfter?: string
  readonly deleteAfter?: string
  readonly grace?: string | number
  readonly maxTotalBytes?: number
  readonly excludeCwd?: readonly string[]
  readonly excludeName?: readonly string[]
  readonly includePinned?: true
  readonly forks?: RetentionPolicy['forks']
  readonly off?: true
}

interface RunOptions extends ConsentOptions {
  readonly dryRun?: true
  readonly expectPlan?: string
}

/** 0 alone needs no unit: it is the same in all of them. */
const graceOption = (text: string): string | number => (text === '0' ? 0 : durationOption(text))

const show = showVerb('retention', 'say what becomes of threads that nobody uses (off by default)')
const showToo = showVerb('retention show', 'the policy, and what is due by it')

const set = defineVerb<[], SetOptions>({
  name: 'retention set',
  summary: 'set the whole policy, or turn it off; nothing happens before `retention run`',
  options: [
    {
      flags: '--archive-after <duration>',
      description: 'archive what was not active for so long',
      parse: durationOption,
    },
    {
      flags: '--delete-after <duration>',
      description: 'delete what was not active for so long',
      parse: durationOption,
    },
    {
      flags: '--grace <duration>',
      description: 'how long a deletion can be taken back; 0 for not at all (default: 7d)',
      parse: graceOption,
    },
    {
      flags: '--max-total-bytes <count>',
      description: 'delete what was active longest ago until no more is left',
      parse: wholeNumber,
    },
    { flags: '--exclude-cwd <dir...>', description: 'spare threads of this directory and below' },
    { flags: '--exclude-name <name...>', description: 'spare threads of this name' },
    { flags: '--include-pinned', description: 'do not spare pinned threads' },
    {
      flags: '--forks <mode>',
      description: 'what becomes of threads that continue a deleted one (default: refuse)',
      choices: ['refuse', 'detach', 'cascade'],
    },
    { flags: '--off', description: 'no policy' },
  ],
  async run({ options, store: open, terminal }) {
    const policy = policyOf(options, terminal.cwd)
    const store = await open()
    await store.retention.set(policy)
    return planAnswer(store, terminal, true)
  },
})

const plan = defineVerb<[], object>({
  name: 'retention plan',
  summary: 'what a run would do now, and what it would spare, and why',
  run: async ({ store: open, terminal }) => planAnswer(await open(), terminal, false),
})

const run = defineVerb<[], RunOptions>({
  name: 'retention run',
  summary: 'do what the plan says: archive, and delete after the grace period',
  options: [
    { flags: '--dry-run', description: 'stop after the plan' },
    { flags: '--expect-plan <id>', description: 'refuse any plan but this one' },
    ...consentOptions,
  ],
  async run({ options, store: open, terminal, signal }) {
    refuseWithoutConsent(options, terminal)
    const store = await open()
    const policy = await store.retention.policy()
    const found = await store.retention.plan()
    const shown = await shownPlan(store, found, terminal)
    if (options.dryRun) return { json: document(policy, found), text: shown }
    const isAsked = found.due.length > 0 && !agreedBefore(options)
    if (isAsked) {
      const deletions = found.due.filter(({ action }) => action === 'delete').length
      const question = `Archive ${countText(found.due.length - deletions, 'thread')} and delete ${countText(deletions, 'thread')}?`
      await askFirst(shown, question, terminal, signal)
    }
    // What was shown is what is done, whether somebody was asked or not.
    const done = await store.retention.run({ expectPlan: options.expectPlan ?? found.planId })
    const text = runText(done, terminal)
    return {
      json: { ...document(policy, found), ...runDocument(done) },
      text: isAsked ? text : `${shown}\n\n${text}`,
      exit: done.deleted?.state === 'erasing' ? exitCodes.partial : exitCodes.done,
    }
  },
})

export const retentionVerbs: readonly AnyVerb[] = [show, showToo, set, plan, run]

function showVerb(name: string, summary: string): AnyVerb {
  return defineVerb<[], object>({
    name,
    summary,
    run: async ({ store: open, terminal }) => planAnswer(await open(), terminal, true),
  })
}

/** @throws UsageError */
function policyOf(
  { off, excludeCwd, excludeName, includePinned, ...rules }: SetOptions,
  here: string,
): RetentionPolicy | null {
  const isEmpty = Object.values(rules).every((value) => value === undefined)
  const excludes = [excludeCwd, excludeName, includePinned].some((value) => value !== undefined)
  if (off) {
    if (isEmpty && !excludes) return null
    throw new UsageError('--off stands alone')
  }
  const { archiveAfter, deleteAfter, maxTotalBytes } = rules
  if ([archiveAfter, deleteAfter, maxTotalBytes].every((value) => value === undefined))
    throw new UsageError('give --archive-after, --delete-after or --max-total-bytes, or --off')
  return {
    ...given(rules),
    exclude: given({
      cwd: excludeCwd?.map((dir) => path.resolve(here, dir)),
      names: excludeName,
      pinned: includePinned ? false : undefined,
    }),
  }
}

async function planAnswer(
  store: ThreadStore,
  terminal: Terminal,
  showsPolicy: boolean,
): Promise<Answer> {
  const policy = await store.retention.policy()
  const found = await store.retention.plan()
  const parts = [
    ...(showsPolicy || !policy ? [policyText(policy, terminal.colours)] : []),
    ...(policy ? [await shownPlan(store, found, terminal)] : []),
  ]
  return { json: document(policy, found), text: parts.join('\n\n') }
}

async function shownPlan(
  store: ThreadStore,
  found: RetentionPlan,
  { clock }: Terminal,
): Promise<string> {
  const titles = new Map<string, string>()
  for (const id of shownIn(found)) {
    const thread = await store.readThread(id)
    if (thread) titles.set(id, titleOf(thread))
  }
  return retentionPlanText(found, titles, clock.wallMs())
}

const document = (
  policy: RetentionPolicy | null,
  { planId, unconfirmed, totalBytes, due, spared }: RetentionPlan,
) => ({ policy, due, planId, unconfirmed, totalBytes, spared })

const runDocument = ({ archived, scheduled, deleteAfter, deleted, receipt }: RetentionRun) => ({
  archived,
  scheduled,
  deleteAfter,
  deleted: deleted && deletionDocument(deleted),
  receipt,
})

const runText = (done: RetentionRun, { colours }: Terminal): string =>
  [retentionRunText(done), done.deleted ? deletionText(done.deleted, colours) : '']
    .filter((part) => part !== '')
    .join('\n')
