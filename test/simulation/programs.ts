// What is run on the simulated machine: for each operation a small store, and the calls that are cut short.

import { ids } from '../crash/template.js'
import type { Canaries } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { message } from '../support/thread-ids.js'

const hourMs = 3_600_000

export interface SimProgram {
  readonly name: string
  /** Done before the search begins. */
  readonly setUp: readonly Call[]
  readonly program: readonly Call[]
  readonly options?: Readonly<Record<string, unknown>>
  /** Names whose hosts are there at every opening, and keep nothing. */
  readonly participants?: readonly string[]
  /** How much later than the first every opening after a crash is. */
  readonly reopenedMsLater?: number
  /** Calls that are durable once so many are acknowledged; default all of them. */
  readonly durable?: (acknowledged: number) => number
  /** States of one instant, where there are very many instants. */
  readonly statesPerInstant?: number
}

export function programsOf(canaries: Canaries): readonly SimProgram[] {
  const text = () => message(canaries.next())
  const long = () => message(`${canaries.next()} ${'x'.repeat(1_500)} ${canaries.next()}`)
  const create = (threadId: string, parentThreadId?: string): Call => [
    'createThread',
    {
      threadId,
      cwd: `/work/${canaries.next()}`,
      name: canaries.next(),
      ...(parentThreadId === undefined ? {} : { parentThreadId }),
    },
  ]
  const append = (id: string): Call => ['appendItems', id, [text()]]
  const plain = (): Call[] => [create(ids.plain), append(ids.plain)]
  const tree = (): Call[] => [
    create(ids.treeRoot),
    create(ids.child, ids.treeRoot),
    append(ids.child),
  ]
  const attached = (key: string) => ({ kind: canaries.next(), key, value: canaries.next() })
  /** A text that a line, a name and an attachment have. */
  const repeated = (): Call[] => {
    const secret = canaries.next()
    return [
      create(ids.plain),
      [
        'appendItems',
        ids.plain,
        [message(secret)],
        { attachments: [{ kind: 'goal', key: 'a', value: `it is ${secret}` }, attached('b')] },
      ],
      ['renameThread', ids.plain, secret],
    ]
  }
  const forked = (): Call[] => [
    create(ids.base),
    append(ids.base),
    append(ids.base),
    ['forkThread', ids.base, { newThreadId: ids.reference, throughOrdinal: 1 }],
    append(ids.reference),
  ]
  return [
    { name: 'create', setUp: [], program: [create(ids.created)] },
    { name: 'append', setUp: plain(), program: [append(ids.plain), append(ids.plain)] },
    {
      name: 'append by reference',
      setUp: plain(),
      program: [['appendItems', ids.plain, [long(), text()]], append(ids.plain)],
      options: { referenceBytesMin: 1_024 },
    },
    {
      name: 'append to two threads at once',
      setUp: [...plain(), create(ids.base)],
      program: [append(ids.plain), append(ids.base), ['checkpoint'], append(ids.plain)],
    },
    {
      name: 'append buffered, then flush',
      setUp: plain(),
      program: [
        ['appendItems', ids.plain, [text(), text()], { durability: 'buffered' }],
        ['flush', ids.plain],
      ],
      durable: (acknowledged) => (acknowledged < 2 ? 0 : 2),
    },
    { name: 'rename', setUp: plain(), program: [['renameThread', ids.plain, canaries.next()]] },
    {
      name: 'archive a tree and bring it back',
      setUp: tree(),
      program: [
        ['archiveThreads', [ids.treeRoot]],
        ['unarchiveThreads', [ids.treeRoot]],
      ],
    },
    {
      name: 'fork by reference',
      setUp: plain(),
      program: [['forkThread', ids.plain, { newThreadId: ids.newReference, throughOrdinal: 1 }]],
    },
    {
      name: 'fork by copy',
      setUp: plain(),
      program: [['forkThread', ids.plain, { newThreadId: ids.newCopy, copy: true }]],
    },
    {
      name: 'compress, then append',
      setUp: plain(),
      program: [append(ids.plain), ['compressThreads', [ids.plain]], append(ids.plain)],
    },
    {
      name: 'compress a base, then detach its fork',
      setUp: forked(),
      program: [
        ['compressThreads', [ids.base]],
        ['deleteThreads', [ids.base], { forks: 'detach' }],
      ],
    },
    {
      name: 'delete of one thread',
      setUp: plain(),
      program: [['deleteThreads', [ids.plain]]],
    },
    {
      name: 'append, then delete',
      setUp: plain(),
      program: [append(ids.plain), ['deleteThreads', [ids.plain]]],
    },
    {
      name: 'delete of a spawn tree',
      setUp: tree(),
      program: [['deleteThreads', [ids.treeRoot], { reason: 'asked for' }]],
    },
    {
      name: 'delete that detaches a fork',
      setUp: forked(),
      program: [['deleteThreads', [ids.base], { forks: 'detach' }], append(ids.reference)],
    },
    {
      name: 'delete that takes a fork along',
      setUp: forked(),
      program: [['deleteThreads', [ids.base], { forks: 'cascade' }]],
    },
    {
      name: 'delete of what is archived',
      setUp: [...plain(), ['archiveThreads', [ids.plain]], create(ids.base)],
      program: [['deleteThreads', { archived: true }]],
    },
    {
      name: 'hold, pin and take back',
      setUp: plain(),
      program: [
        ['holdThread', ids.plain, canaries.next()],
        ['pinThread', ids.plain],
        ['unholdThread', ids.plain],
      ],
    },
    {
      name: 'deletion of a spawn tree that waits, is moved, and is taken back',
      setUp: tree(),
      program: [
        ['deleteThread', ids.treeRoot, { in: '30d' }],
        ['deleteThread', ids.treeRoot, { in: '1h', reason: 'asked for' }],
        ['restoreThreads', [ids.treeRoot]],
        append(ids.child),
      ],
    },
    {
      name: 'deletion that is due when it is swept, of whose forks one was taken back',
      setUp: [...forked(), ['deleteThread', ids.base, { in: '1h', forks: 'cascade' }]],
      program: [
        ['restoreThreads', [ids.reference]],
        ['sweepLater', 2 * hourMs],
        append(ids.reference),
      ],
    },
    {
      name: 'deletion that is due at the next opening',
      reopenedMsLater: 2 * hourMs,
      setUp: forked(),
      program: [['deleteThread', ids.base, { in: '1h', forks: 'detach' }]],
    },
    {
      name: 'deletion that is due, and on hold',
      setUp: [...tree(), ['deleteThread', ids.treeRoot, { in: '1h' }]],
      program: [
        ['holdThread', ids.child, canaries.next()],
        ['sweepLater', 2 * hourMs],
        ['restoreThreads', [ids.treeRoot]],
        ['unholdThread', ids.child],
      ],
    },
    {
      name: 'deletes with participants, one of them forgotten and back again',
      participants: ['index', 'memories'],
      setUp: [...plain(), ...tree()],
      program: [
        ['deleteThreads', [ids.plain]],
        ['forgetParticipant', 'memories', 'moved away'],
        ['deleteThreads', [ids.treeRoot]],
        ['registerParticipant', 'memories'],
      ],
    },
    {
      name: 'retention that archives, and gives what goes a date',
      setUp: [
        ...plain(),
        ...tree(),
        ['sweepLater', 3 * hourMs],
        append(ids.plain),
        ['retention.set', { archiveAfter: '1h', deleteAfter: '2h', grace: '1h' }],
      ],
      program: [['retention.run'], ['sweepLater', hourMs / 2], ['retention.set', null]],
    },
    {
      name: 'redaction of a line that a fork inherits',
      setUp: forked(),
      program: [['redactItems', ids.reference, [1], 'asked for'], append(ids.reference)],
    },
    {
      name: 'append, redaction of it, append',
      setUp: plain(),
      program: [append(ids.plain), ['redactItems', ids.plain, [2], 'asked for'], append(ids.plain)],
    },
    {
      name: 'attachments: put, replaced and erased',
      setUp: plain(),
      program: [
        ['attachments.put', ids.plain, 'goal', 'a', canaries.next()],
        ['attachments.put', ids.plain, 'goal', 'a', canaries.next(), { erasePrevious: true }],
        ['attachments.delete', ids.plain, 'goal', 'a'],
      ],
    },
    {
      name: 'append with attachments, then delete',
      setUp: plain(),
      program: [
        ['appendItems', ids.plain, [text()], { attachments: [attached('a'), attached('b')] }],
        ['appendItems', ids.plain, [], { attachments: [attached('c')] }],
        ['deleteThreads', [ids.plain]],
      ],
    },
    {
      name: 'append by reference with attachments',
      setUp: plain(),
      program: [
        ['appendItems', ids.plain, [long()], { attachments: [attached('a')] }],
        append(ids.plain),
      ],
      options: { referenceBytesMin: 1_024 },
    },
    {
      name: 'redaction of a line, its name and its attachment',
      setUp: repeated(),
      program: [['redactItems', ids.plain, [1], 'asked for'], append(ids.plain)],
    },
    {
      name: 'two redactions, then a delete that detaches',
      setUp: forked(),
      program: [
        ['redactItems', ids.base, [1], 'asked for'],
        ['redactItems', ids.base, [{ from: 1, to: 2 }], 'asked for'],
        ['deleteThreads', [ids.base], { forks: 'detach' }],
      ],
    },
    {
      name: 'redaction, then backup',
      statesPerInstant: 2,
      setUp: plain(),
      program: [
        ['redactItems', ids.plain, [1], 'asked for'],
        ['backup', '/copy'],
      ],
    },
    {
      name: 'backup, then delete',
      statesPerInstant: 2,
      setUp: plain(),
      program: [
        ['backup', '/copy'],
        ['deleteThreads', [ids.plain]],
      ],
    },
    {
      name: 'checkpoint between appends',
      setUp: plain(),
      program: [append(ids.plain), ['checkpoint'], append(ids.plain)],
    },
    { name: 'close', setUp: plain(), program: [append(ids.plain), ['close']] },
  ]
}
