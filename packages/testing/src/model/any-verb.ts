// Which operations a program is made of, and how often each comes.

import fc from 'fast-check'
import type { WhatIsSupported } from './supports.js'
import type { Verb } from './verb.js'
import {
  append,
  checkpoint,
  compress,
  create,
  fork,
  redact,
  remove,
  rename,
  restore,
} from './verbs.js'
import { appendAt, pass, policy, read, runRetention, search, transfer } from './verbs-alone.js'
import { backup, forgetBackup, restoreBackup } from './verbs-backup.js'
import { archive, attach, mark } from './verbs-marks.js'
import { deletePlanned, plan, planRedaction } from './verbs-plans.js'
import { add, flush, recordNew, resume, shutDown } from './verbs-recorder.js'
import { log, receipts, resolve, retry, stats, turns } from './verbs-records.js'

type Weighted = fc.WeightedArbitrary<Verb>

const given = (isSupported: boolean, arbitrary: fc.Arbitrary<Verb>, weight: number): Weighted[] =>
  isSupported ? [{ arbitrary, weight }] : []

/** Calls that any number of callers may make at once. */
export const anyVerb = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc.oneof(
    ...given(true, create(supports), 4),
    ...given(true, append(supports), 4),
    ...given(supports.fork, fork(supports), 2),
    ...given(true, rename, 1),
    ...given(supports.hold, mark('hold', supports), 3),
    ...given(supports.pin, mark('pin', supports), 1),
    ...given(supports.archive, archive, 2),
    ...given(supports.redact, redact, 1),
    ...given(true, remove(supports), 3),
    ...given(supports.schedule, restore, 2),
    ...given(supports.attachments, attach, 1),
    ...given(supports.compress, compress, 1),
    ...given(supports.inspect, checkpoint, 1),
    ...given(supports.record, resume, 1),
    ...given(supports.record, add, 2),
    ...given(supports.record, flush, 1),
    ...given(supports.record, recordNew, 1),
    ...given(supports.record, shutDown, 1),
    ...given(supports.plan, deletePlanned, 2),
    ...given(supports.receipts, retry, 1),
  )

/** Calls that are made while no other is under way. */
export const verbAlone = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc.oneof(
    ...given(true, read, 2),
    ...given(supports.schedule, pass, 2),
    ...given(supports.retention, policy, 1),
    ...given(supports.retention, runRetention, 2),
    ...given(supports.transfer, transfer, 2),
    ...given(supports.search, search, 3),
    ...given(supports.expectedOrdinal, appendAt, 2),
    ...given(supports.plan, plan(supports), 3),
    ...given(supports.plan && supports.redact, planRedaction, 1),
    ...given(supports.turns, turns, 2),
    ...given(supports.log, log, 1),
    ...given(supports.receipts, receipts, 1),
    ...given(supports.resolve, resolve, 2),
    ...given(supports.stats, stats, 1),
    ...given(supports.backup, backup, 2),
    ...given(supports.backup, forgetBackup, 2),
    ...given(supports.backup, restoreBackup(supports), 4),
  )
