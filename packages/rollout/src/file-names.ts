// The names that rollouts have on disk, as Codex gives them:
//
//   rollout-<local time>-<thread id>.jsonl                  a thread's first rollout
//   rollout-<local time>-<thread id>_<rollout id>.jsonl     a later one, after a revert
//   either with .zst                                        the same rollout, compressed
//
// The time is the wall clock of the machine that made the file, without a zone, so it sorts and names
// a day folder but says nothing exact: the first line's own timestamp does.

import { parseRolloutId, parseThreadId, type RolloutId, type ThreadId } from './ids.js'

export interface RolloutFileName {
  /** YYYY-MM-DDTHH-MM-SS, in the zone of the machine that made the file. */
  readonly localTime: string
  /** The owner: the id before `_`. */
  readonly threadId: ThreadId
  readonly rolloutId: RolloutId
  readonly compressed: boolean
  /** The name without `.zst`. */
  readonly plainName: string
}

const id = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
const time = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3])(?:-[0-5]\\d){2}'
const shape = new RegExp(`^(rollout-(${time})-(${id})(?:_(${id}))?\\.jsonl)(\\.zst)?$`)

/** The parts of a rollout's name; undefined for any other name, those without a time included. */
export function parseRolloutFileName(name: string): RolloutFileName | undefined {
  const found = shape.exec(name)
  if (!found) return undefined
  const [, plainName = '', localTime = '', owner = '', own = owner, suffix] = found
  const threadId = parseThreadId(owner)
  const rolloutId = parseRolloutId(own)
  if (!threadId || !rolloutId) return undefined
  return { localTime, threadId, rolloutId, compressed: suffix !== undefined, plainName }
}

/** The name of an uncompressed rollout; `_<rollout id>` stands in it only where the two ids differ. */
export function rolloutFileName(parts: {
  localTime: string
  threadId: ThreadId
  rolloutId?: RolloutId
}): string {
  const { localTime, threadId, rolloutId } = parts
  const later = rolloutId !== undefined && String(rolloutId) !== String(threadId)
  return `rollout-${localTime}-${threadId}${later ? `_${rolloutId}` : ''}.jsonl`
}

/** `wallMs` (since 1970-01-01 UTC) as YYYY-MM-DDTHH-MM-SS in the time zone of this process. */
export function localTimeOf(wallMs: number): string {
  const at = new Date(wallMs)
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()]
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()]
  return `${date.map(twoDigits).join('-')}T${clock.map(twoDigits).join('-')}`
}

/** The day folder of a local time: YYYY/MM/DD. */
export function dateFolderOf(localTime: string): string {
  return localTime.slice(0, localTime.indexOf('T')).replaceAll('-', '/')
}

/** True for what a writer, a compressor or a migration leaves behind when it is killed. All end in `.tmp`. */
export function isTemporaryName(name: string): boolean {
  return name.endsWith('.tmp')
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}
