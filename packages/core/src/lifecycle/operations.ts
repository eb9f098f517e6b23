// Every lifecycle operation that has steps, by the name under which it is journaled, and every named instant at
// which a crash is tested. A new operation is listed here and nowhere else.

import { appendCrashPoints } from '../append/commits.js'
import { setPolicy } from '../retention/stored-policy.js'
import { archive, unarchive } from './archive.js'
import { attach, eraseAttachment } from './attach.js'
import { compress } from './compress.js'
import { create } from './create.js'
import { deleteThreads } from './delete.js'
import { fork } from './fork.js'
import { hold, pin, unhold, unpin } from './hold.js'
import { importThread } from './import.js'
import { materialise } from './materialise.js'
import { crashPointsOf, type OperationDefinition } from './operation.js'
import { forgetParticipant, registerParticipant } from './participant.js'
import { redact } from './redact.js'
import { rename } from './rename.js'
import { restore } from './restore.js'
import { schedule } from './schedule.js'

const definitions = [
  create,
  importThread,
  rename,
  hold,
  unhold,
  pin,
  unpin,
  setPolicy,
  registerParticipant,
  forgetParticipant,
  attach,
  eraseAttachment,
  archive,
  unarchive,
  fork,
  compress,
  materialise,
  redact,
  schedule,
  restore,
  deleteThreads,
] as const

// biome-ignore lint/suspicious/noExplicitAny: recovery decodes the plan and cannot know its type
type AnyOperation = OperationDefinition<any, any, any, unknown>

const byName = new Map<string, AnyOperation>(
  definitions.map((definition) => [definition.name, definition as AnyOperation]),
)

export const operationOf = (name: string): AnyOperation | undefined => byName.get(name)

/** Named instants of a checkpoint, which settles appends. */
export const checkpointCrashPoints = [
  'checkpoint.sync:before',
  'checkpoint.sync:after',
  'checkpoint.anchor:after',
] as const

/** All named instants, for crash tests; `ThreadStoreOptions.crashPoint` is called with each. */
export const crashPoints: readonly string[] = [
  ...appendCrashPoints,
  ...checkpointCrashPoints,
  ...definitions.flatMap(crashPointsOf),
]
