// What a retention policy may say, and what it says where it is silent. Off unless somebody sets one. A policy that
// could be read in two ways is refused: an age of 0, a deletion before the archiving, a member that is unknown, a
// relative directory, which would spare nothing.

import path from 'node:path'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { ForksMode } from '../erasure/delete-scope.js'
import { type Duration, parseDuration } from '../time/duration.js'

export interface RetentionPolicy {
  /** Threads without activity for so long are archived. */
  readonly archiveAfter?: Duration
  /** Threads without activity for so long are deleted, `grace` later. At least `archiveAfter`. */
  readonly deleteAfter?: Duration
  /** How far ahead deletions are scheduled; until then `restoreThreads` takes them back. 0 is at once. Default `7d`. */
  readonly grace?: Duration
  /** Above so many bytes of rollouts, in their plain form, the threads that were active longest ago are deleted. */
  readonly maxTotalBytes?: number
  readonly exclude?: RetentionExclusions
  /** Default `refuse`: a thread is spared while another one continues its history by reference. */
  readonly forks?: ForksMode
}

export interface RetentionExclusions {
  /** Absolute paths; what is below one is excluded too. */
  readonly cwd?: readonly string[]
  /** Whole names. */
  readonly names?: readonly string[]
  /** Default true: pinned threads are spared. */
  readonly pinned?: boolean
}

/** A policy with nothing left open, in milliseconds. */
export interface RetentionRules {
  readonly archiveAfterMs: number | undefined
  readonly deleteAfterMs: number | undefined
  readonly graceMs: number
  readonly maxTotalBytes: number | undefined
  readonly directories: readonly string[]
  readonly names: ReadonlySet<string>
  readonly sparesPinned: boolean
  readonly forks: ForksMode
}

const GRACE_DEFAULT = '7d'
const EXCLUSIONS_MAX = 1_000
const TEXT_CHARACTERS_MAX = 4_096

const members = ['archiveAfter', 'deleteAfter', 'grace', 'maxTotalBytes', 'exclude', 'forks']
const exclusions = ['cwd', 'names', 'pinned']

/** The policy with its defaults filled in. @throws ARGUMENT_INVALID */
export function checkPolicy(given: RetentionPolicy): RetentionPolicy {
  checkOptions(given, {
    maxTotalBytes: 'count',
    exclude: 'object',
    forks: ['refuse', 'detach', 'cascade'],
  })
  refuseUnknown(given, members, '')
  const { archiveAfter, deleteAfter, maxTotalBytes, exclude = {} } = given
  checkOptions(exclude, { pinned: 'flag' })
  refuseUnknown(exclude, exclusions, 'exclude.')
  if (maxTotalBytes === 0) refuse('maxTotalBytes must be more than 0')
  if (archiveAfter === undefined && deleteAfter === undefined && maxTotalBytes === undefined)
    refuse('a policy says archiveAfter, deleteAfter or maxTotalBytes')
  const policy: RetentionPolicy = {
    ...(archiveAfter === undefined ? {} : { archiveAfter }),
    ...(deleteAfter === undefined ? {} : { deleteAfter }),
    grace: given.grace ?? GRACE_DEFAULT,
    ...(maxTotalBytes === undefined ? {} : { maxTotalBytes }),
    exclude: {
      cwd: textsOf(exclude.cwd, 'exclude.cwd').map(directoryOf),
      names: textsOf(exclude.names, 'exclude.names'),
      pinned: exclude.pinned ?? true,
    },
    forks: given.forks ?? 'refuse',
  }
  rulesOf(policy)
  return policy
}

/** @throws ARGUMENT_INVALID */
export function rulesOf(policy: RetentionPolicy): RetentionRules {
  const { exclude = {} } = policy
  const archiveAfterMs = ageOf(policy.archiveAfter, 'archiveAfter')
  const deleteAfterMs = ageOf(policy.deleteAfter, 'deleteAfter')
  if (archiveAfterMs !== undefined && deleteAfterMs !== undefined && deleteAfterMs < archiveAfterMs)
    refuse('deleteAfter must not be less than archiveAfter')
  const graceMs = graceOf(policy.grace ?? GRACE_DEFAULT)
  if (graceMs > GRACE_MS_MAX) refuse('grace must not be more than 100 years')
  return {
    archiveAfterMs,
    deleteAfterMs,
    graceMs,
    maxTotalBytes: policy.maxTotalBytes,
    directories: exclude.cwd ?? [],
    names: new Set(exclude.names ?? []),
    sparesPinned: exclude.pinned ?? true,
    forks: policy.forks ?? 'refuse',
  }
}

const ageOf = (age: Duration | undefined, name: string): number | undefined =>
  age === undefined ? undefined : parseDuration(age, name)

/** The one duration that may be 0. */
const graceOf = (grace: Duration): number =>
  grace === 0 || (typeof grace === 'string' && /^0+(m|h|d|w|mo)?$/.test(grace))
    ? 0
    : parseDuration(grace, 'grace')

/** A date further ahead than this is a mistake, and soon none that a calendar knows. */
const GRACE_MS_MAX = 100 * 366 * 24 * 60 * 60 * 1000

function textsOf(given: readonly string[] | undefined, name: string): readonly string[] {
  if (given === undefined) return []
  if (!Array.isArray(given) || given.length > EXCLUSIONS_MAX)
    refuse(`${name} must be a list of at most ${EXCLUSIONS_MAX}`)
  for (const text of given)
    if (typeof text !== 'string' || text === '' || text.length > TEXT_CHARACTERS_MAX)
      refuse(`each of ${name} must be a text that is not empty`)
  return [...new Set(given)]
}

/** Absolute on any system, because a store may come from another one; without a separator at its end. */
function directoryOf(given: string): string {
  if (!path.win32.isAbsolute(given))
    refuse(`each of exclude.cwd must be an absolute path: ${given}`)
  const whole = given.startsWith('/') ? path.posix.normalize(given) : path.win32.normalize(given)
  return whole.replace(/(?<=.)[/\\]$/, '')
}

/** Whether a directory is the excluded one, or below it. */
export function isWithin(cwd: string | null, directory: string): boolean {
  if (cwd === null) return false
  const whole = cwd.startsWith('/') ? path.posix.normalize(cwd) : path.win32.normalize(cwd)
  if (!whole.startsWith(directory)) return false
  const next = whole[directory.length]
  return next === undefined || /[/\\]/.test(next) || /[/\\]$/.test(directory)
}

function refuseUnknown(given: object, known: readonly string[], prefix: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) refuse(`a policy has no ${prefix}${unknown}`)
}

function refuse(message: string): never {
  throw new StoreError('ARGUMENT_INVALID', message)
}
