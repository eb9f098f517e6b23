// Retention for people: what the policy says, what would go, what is spared and why.

import type { RetentionPlan, RetentionPolicy, RetentionRun } from '@cenotaph/core'
import { blockText } from './block.js'
import type { Colours } from './colours.js'
import { escapeText } from './escape.js'
import { countText, relativeTime, sizeText } from './units.js'

const SHOWN_MAX = 20

const durationText = (value: number | string | undefined): string =>
  value === undefined ? '-' : typeof value === 'number' ? `${value} ms` : value

export function policyText(policy: RetentionPolicy | null, colours: Colours): string {
  if (!policy) return 'Retention is off: nothing is archived or deleted by age or size.'
  const { exclude = {} } = policy
  const isAtOnce = policy.grace === 0 || /^0/.test(String(policy.grace))
  return blockText(
    [
      ['archive after', durationText(policy.archiveAfter)],
      ['delete after', durationText(policy.deleteAfter)],
      ['grace', isAtOnce ? 'none: deleted at once' : durationText(policy.grace)],
      ['at most', policy.maxTotalBytes === undefined ? '-' : sizeText(policy.maxTotalBytes)],
      ['spared below', exclude.cwd?.map(escapeText).join(', ') || '-'],
      ['spared names', exclude.names?.map(escapeText).join(', ') || '-'],
      ['pinned', exclude.pinned === false ? 'not spared' : 'spared'],
      ['forks', policy.forks ?? 'refuse'],
    ],
    colours,
  )
}

/** `titles`: what people recognise the threads by, escaped. */
export function retentionPlanText(
  plan: RetentionPlan,
  titles: ReadonlyMap<string, string>,
  nowMs: number,
): string {
  const named = (id: string): string => `${id}  ${titles.get(id) ?? ''}`.trimEnd()
  const lines: string[] = []
  if (plan.unconfirmed)
    lines.push(
      'The clock has jumped, so nothing is due. `cenotaph sweep --confirm-clock` says that it is right.',
    )
  for (const action of ['delete', 'archive'] as const) {
    const due = plan.due.filter((thread) => thread.action === action)
    if (due.length === 0) continue
    const [first] = due
    const when = first?.deleteAfter ? `, after ${first.deleteAfter}` : ''
    const bytes = due.reduce((sum, thread) => sum + thread.bytes, 0)
    lines.push(
      `To ${action}${when}: ${countText(due.length, 'thread')}, ${sizeText(bytes)}.`,
      ...shortened(
        due.map(
          ({ threadId, why, lastActivity }) =>
            `  ${named(threadId)}  (${dueText[why]}last active ${relativeTime(lastActivity, nowMs)})`,
        ),
      ),
    )
  }
  if (plan.due.length === 0) lines.push('Nothing is due.')
  if (plan.spared.length > 0)
    lines.push(
      `Spared: ${countText(plan.spared.length, 'thread')}.`,
      ...shortened(
        plan.spared.map(
          ({ threadId, why, because }) =>
            `  ${named(threadId)}  (${sparedText[why]}${because === threadId ? '' : `: ${because}`})`,
        ),
      ),
    )
  lines.push(`plan ${plan.planId}`)
  return lines.join('\n')
}

const dueText = {
  archiveAfter: '',
  deleteAfter: '',
  maxTotalBytes: 'above the limit of size, ',
} as const

const sparedText: Readonly<Record<RetentionPlan['spared'][number]['why'], string>> = {
  held: 'on hold',
  pinned: 'pinned',
  live: 'being written',
  excluded: 'excluded',
  'age-unknown': 'age unknown',
  unavailable: 'parked',
  'recent-relative': 'of its tree one was active since',
  'recent-fork': 'a fork of it was active since',
  'has-forks': 'a fork of it stays',
  scheduled: 'of its tree one waits for its date',
}

export function retentionRunText(run: RetentionRun): string {
  const lines: string[] = []
  if (run.archived.length > 0) lines.push(`Archived: ${countText(run.archived.length, 'thread')}.`)
  if (run.scheduled.length > 0)
    lines.push(
      `Scheduled for deletion after ${run.deleteAfter}: ${countText(run.scheduled.length, 'thread')}. \`cenotaph restore\` takes it back until then.`,
    )
  if (lines.length === 0 && !run.deleted) lines.push('Nothing was due.')
  return lines.join('\n')
}

const shortened = (lines: readonly string[]): string[] => [
  ...lines.slice(0, SHOWN_MAX),
  ...(lines.length > SHOWN_MAX ? [`  and ${lines.length - SHOWN_MAX} more`] : []),
]

/** The threads that a plan shows. */
export const shownIn = (plan: RetentionPlan): readonly string[] => [
  ...(['delete', 'archive'] as const).flatMap((action) =>
    plan.due
      .filter((thread) => thread.action === action)
      .slice(0, SHOWN_MAX)
      .map((thread) => thread.threadId),
  ),
  ...plan.spared.slice(0, SHOWN_MAX).map((thread) => thread.threadId),
]
