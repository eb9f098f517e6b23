// Whether a JSON value has the shape of a receipt, version 1. The input may be hostile: the answer is a
// list of problems, cut after the first few, and no exception. Unknown members are allowed everywhere; the
// signature covers them.

import { fromBase64, fromHex } from './encoding.js'
import { receiptVersion } from './receipt-types.js'

const maxProblems = 20

type Report = (path: string, expected: string) => void
type Check = (value: unknown, path: string, report: Report) => void

/** Problems of the shape, none where it fits. Each begins with `version:` or `shape:`. */
export const shapeProblems = (value: unknown): string[] =>
  problemsOf(value, { ...body, ...behindBody })

/** The same for a receipt that has neither its place in the log nor its signature yet. */
export const bodyShapeProblems = (value: unknown): string[] => problemsOf(value, body)

function problemsOf(value: unknown, checks: Readonly<Record<string, Check>>): string[] {
  if (!isObject(value)) return ['shape: the receipt is not an object']
  if (value.version !== receiptVersion) return [`version: only ${receiptVersion} is known here`]
  const problems: string[] = []
  members(checks)(value, 'receipt', (path, expected) => {
    if (problems.length < maxProblems) problems.push(`shape: ${path} is not ${expected}`)
  })
  return problems
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const that =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value, path, report) => {
    if (!holds(value)) report(path, expected)
  }

const matching = (expected: string, pattern: RegExp): Check =>
  that(expected, (value) => typeof value === 'string' && pattern.test(value))

const oneOf = (...allowed: readonly string[]): Check =>
  that(`one of ${allowed.join(', ')}`, (value) => allowed.some((name) => name === value))

const nullable =
  (check: Check): Check =>
  (value, path, report) => {
    if (value !== null) check(value, path, report)
  }

const listOf =
  (check: Check): Check =>
  (value, path, report) => {
    if (!Array.isArray(value)) return report(path, 'a list')
    value.forEach((entry, index) => {
      check(entry, `${path}[${index}]`, report)
    })
  }

const members =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, path, report) => {
    if (!isObject(value)) return report(path, 'an object')
    for (const [name, check] of Object.entries(checks))
      check(value[name], `${path}.${name}`, report)
  }

const optional =
  (check: Check): Check =>
  (value, path, report) => {
    if (value !== undefined && value !== null) check(value, path, report)
  }

const text = that('a text', (value) => typeof value === 'string')
const label = that('a text that is not empty', (value) => typeof value === 'string' && value !== '')
const count = that('a whole number', (value) => Number.isSafeInteger(value) && Number(value) >= 0)
const hash = that(
  'a hash',
  (value) => typeof value === 'string' && fromHex(value, 32) !== undefined,
)
const base64 = (bytes: number): Check =>
  that(
    `${bytes} bytes of base64`,
    (value) => typeof value === 'string' && fromBase64(value, bytes) !== undefined,
  )
const time = that('a time in UTC', isTime)
const threadId = matching('a thread id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const receiptId = matching('a receipt id', /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value))
    return false
  const wallMs = Date.parse(value)
  return !Number.isNaN(wallMs) && new Date(wallMs).toISOString() === value
}

const body: Readonly<Record<string, Check>> = {
  receiptId,
  threadIds: listOf(threadId),
  alreadyDeleted: listOf(members({ threadId, receiptId })),
  requestedAt: time,
  committedAt: time,
  erasedAt: nullable(time),
  state: oneOf('erased', 'erasing'),
  reason: nullable(text),
  requestedBy: nullable(text),
  steps: listOf(
    members({
      name: label,
      outcome: oneOf('done', 'skipped', 'pending', 'failed'),
      attempts: count,
      at: nullable(time),
    }),
  ),
  participants: listOf(
    members({
      name: label,
      outcome: oneOf('erased', 'forgotten', 'missing', 'pending', 'failed'),
      attempts: optional(count),
    }),
  ),
  files: listOf(members({ kind: label, bytes: count })),
  bytes: count,
  items: count,
  survivingForks: listOf(members({ threadId, kind: oneOf('reference', 'copy') })),
  verification: nullable(
    members({
      mode: oneOf('probes', 'structural'),
      scope: label,
      scannedFiles: count,
      scannedBytes: count,
      residue: count,
      shared: count,
    }),
  ),
  outOfReach: listOf(text),
  redaction: optional(
    members({
      ordinals: listOf(members({ threadId, from: count, to: count })),
      lengthsStay: that('true', (value) => value === true),
      attachments: count,
      events: count,
      quarantined: count,
    }),
  ),
  publicKey: base64(32),
}

const behindBody: Readonly<Record<string, Check>> = {
  log: members({
    epoch: count,
    position: count,
    treeSize: count,
    rootHash: hash,
    inclusionProof: listOf(hash),
    event: members({ at: count, type: label, threadId: nullable(threadId) }),
  }),
  signature: base64(64),
}
