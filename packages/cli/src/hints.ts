// What to do about an error, for people. A code without an entry speaks for itself.

import type { Failure } from './failure.js'

type Hint = (failure: Failure) => string | undefined

const listed = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : '')

const repair: Hint = () => 'run `cenotaph repair --dry-run` to see what can be mended'
const full: Hint = () => 'free some space and try again'

const hints: Readonly<Record<string, Hint>> = {
  STORE_LOCKED: () =>
    'wait for it or end it, then try again; if it is gone for good, remove .cenotaph/owner.json',
  STORE_FORMAT_NEWER: () => 'update cenotaph',
  STORE_FAILED: () => 'look at the disk, then try again: the next start recovers',
  ROOT_NOT_A_FOLDER: () => 'choose another folder with --root',
  ROOT_NOT_ACCESSIBLE: () => 'choose another folder with --root, or change its owner',
  JOURNAL_GAP: repair,
  LEVEL_DAMAGED: repair,
  TOMBSTONES_DAMAGED: repair,
  KEY_MISMATCH: repair,
  DISK_FULL: full,
  THREAD_NOT_FOUND: () => '`cenotaph list` shows what there is',
  THREAD_AMBIGUOUS: ({ detail }) => `name one of: ${listed(detail.candidates)}`,
  THREAD_ARCHIVED: () => '`cenotaph unarchive` brings it back',
  THREAD_NOT_ARCHIVED: () => '`cenotaph list` shows it',
  THREAD_HAS_WRITER: () => 'wait until it is closed',
  THREAD_UNAVAILABLE: () => '`cenotaph verify` says why',
  THREAD_DELETED: ({ detail }) =>
    typeof detail.receiptId === 'string'
      ? `its receipt: \`cenotaph receipt ${detail.receiptId}\``
      : undefined,
  THREAD_HAS_FORKS: ({ detail }) =>
    `--forks detach keeps them, --forks cascade deletes them too: ${listed(detail.forks)}`,
  THREAD_HELD: ({ detail }) =>
    `\`cenotaph holds\` says why, \`cenotaph unhold\` ends it: ${listed(detail.threadIds)}`,
  THREAD_NOT_HELD: () => '`cenotaph holds` shows which are',
  THREAD_SCHEDULED: () => '`cenotaph restore` takes the deletion back',
  THREAD_NOT_SCHEDULED: () => '`cenotaph list --scheduled` shows which are',
  PLAN_CHANGED: () => 'run it with --dry-run for the new plan',
  ORDINAL_NOT_FOUND: () => '`cenotaph read` shows the ordinals that there are',
  REDACTION_REFUSED: () => 'leave those lines out, or delete the thread',
  PARTICIPANT_NOT_FOUND: () => '`cenotaph participants` lists them',
  REASON_REFUSED: () => 'give a reason in other words',
  ROLLOUT_CHANGED: repair,
  // The message has the first problem already.
  BACKUP_INVALID: ({ detail: { problems } }) =>
    Array.isArray(problems) && problems.length > 1 ? listed(problems.slice(1)) : undefined,
  BACKUP_NOT_FOUND: () => '`cenotaph backups` lists them',
  TOMBSTONES_REQUIRED: () =>
    '--tombstones FILE: `.cenotaph/tombstones` of the old store, or of a newer backup; --no-tombstones if there is none',
  RESTORE_UNFINISHED: () => 'run `cenotaph restore-backup` with the same root again, or remove it',
  EXPORT_TARGET_EXISTS: () => 'choose an empty folder with --to',
}

export const hintFor = (failure: Failure): string | undefined => hints[failure.code]?.(failure)
