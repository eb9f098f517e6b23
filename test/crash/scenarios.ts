// What is cut short: programs of calls, each on a copy of the template. A crash must leave the store as it was after
// the calls that were acknowledged, or after one more.

import type { Canaries } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { message } from '../support/thread-ids.js'
import { ids, participantNames, type Template } from './template.js'

export interface Scenario {
  readonly name: string
  readonly program: readonly Call[]
  readonly options?: Readonly<Record<string, unknown>>
  /** Only instants behind this many acknowledged calls are tried. Default 0. */
  readonly from?: number
  /** Calls that are durable once so many are acknowledged; default all of them. */
  readonly durable?: (acknowledged: number) => number
  /** Crash points after which recovery is cut short in turn, at every instant that it passes. */
  readonly recoverAfter?: readonly string[]
}

export function scenariosOf(template: Template, canaries: Canaries): readonly Scenario[] {
  const text = () => message(`${canaries.next()} and more`)
  const long = () => message(`${canaries.next()} ${'x'.repeat(40_000)} ${canaries.next()}`)
  const append = (id: string): Call => ['appendItems', id, [text(), text()]]
  const attached = (key: string) => ({ kind: canaries.next(), key, value: canaries.next() })
  const erased = { kind: canaries.next(), key: canaries.next() }
  const createOptions = {
    threadId: ids.created,
    cwd: `/work/${canaries.next()}`,
    name: canaries.next(),
    meta: { base_instructions: { text: canaries.next() } },
    parentThreadId: ids.plain,
  }
  return [
    {
      name: 'create',
      program: [['createThread', createOptions]],
      recoverAfter: ['create.intend:after'],
    },
    {
      name: 'append small',
      program: [append(ids.plain), ['appendItems', ids.plain, [long()]]],
    },
    {
      name: 'append by reference',
      program: [
        ['appendItems', ids.plain, [long(), text()]],
        ['appendItems', ids.plain, [long()]],
      ],
      options: { referenceBytesMin: 1024 },
      recoverAfter: ['append.write:after'],
    },
    {
      name: 'append buffered, then flush',
      program: [
        ['appendItems', ids.plain, [text(), text()], { durability: 'buffered' }],
        ['flush', ids.plain],
      ],
      durable: (acknowledged) => (acknowledged < 2 ? 0 : 2),
    },
    {
      name: 'rename',
      program: [append(ids.plain), ['renameThread', ids.plain, canaries.next()]],
      from: 1,
    },
    {
      name: 'hold and pin, and take both back',
      program: [
        append(ids.plain),
        ['holdThread', ids.plain, canaries.next()],
        ['holdThread', ids.plain, canaries.next()],
        ['pinThread', ids.plain],
        ['unholdThread', ids.plain],
        ['unpinThread', ids.plain],
      ],
      from: 1,
    },
    {
      name: 'a date for a tree, taken back, and another that is gone before its date',
      program: [
        append(ids.child),
        ['deleteThread', ids.treeRoot, { in: '30d', reason: 'asked for' }],
        ['restoreThreads', [ids.treeRoot]],
        ['deleteThread', ids.treeRoot, { in: '60d' }],
        ['deleteThread', ids.treeRoot],
      ],
      from: 1,
    },
    {
      // The imported threads alone are old.
      name: 'retention that archives, then one that deletes',
      program: [
        append(ids.plain),
        ['retention.set', { archiveAfter: '30d' }],
        ['retention.run'],
        ['retention.set', { deleteAfter: '30d', grace: 0 }],
        ['retention.run'],
      ],
      from: 1,
    },
    {
      name: 'archive a tree and bring it back',
      program: [
        append(ids.child),
        ['archiveThreads', [ids.treeRoot]],
        ['unarchiveThreads', [ids.treeRoot]],
      ],
      from: 1,
      recoverAfter: ['archive.intend:after'],
    },
    {
      name: 'fork by reference',
      program: [['forkThread', ids.plain, { newThreadId: ids.newReference, throughOrdinal: 1 }]],
    },
    {
      name: 'fork by copy',
      program: [['forkThread', ids.plain, { newThreadId: ids.newCopy, copy: true }]],
    },
    {
      name: 'import of a new thread',
      program: [['importRollouts', [template.newSource]]],
      recoverAfter: ['import.intend:after'],
    },
    {
      name: 'import of an extension',
      program: [['importRollouts', [template.longerSource]]],
      recoverAfter: ['import.intend:after'],
    },
    {
      name: 'append to a compressed thread',
      program: [append(ids.compressed)],
      recoverAfter: ['materialise.intend:after'],
    },
    {
      name: 'compress, and append to it again',
      program: [append(ids.plain), ['compressThreads', [ids.plain, ids.base]], append(ids.plain)],
      from: 1,
      recoverAfter: ['compress.intend:after', 'compress.publish:after'],
    },
    {
      name: 'compress a base and its archived fork, then delete one and detach the other',
      program: [
        ['compressThreads', [ids.base, ids.reference]],
        ['deleteThreads', [ids.base], { forks: 'detach' }],
      ],
    },
    {
      name: 'delete of one thread',
      program: [append(ids.plain), ['deleteThreads', [ids.plain]]],
      from: 1,
    },
    {
      name: 'delete of an archived thread',
      program: [['deleteThreads', [ids.archived, ids.compressed]]],
      recoverAfter: ['delete.unlink:after'],
    },
    {
      name: 'delete of a selection',
      program: [['deleteThreads', { archived: true }, { forks: 'detach' }]],
      recoverAfter: ['delete.unlink:after'],
    },
    {
      name: 'delete of a spawn tree',
      program: [append(ids.grandchild), ['deleteThreads', [ids.treeRoot], { reason: 'asked for' }]],
      from: 1,
      recoverAfter: ['delete.intend:after'],
    },
    {
      name: 'delete with participants, one of which was forgotten and came back',
      program: [
        append(ids.plain),
        ['forgetParticipant', 'index', 'retired'],
        ['registerParticipant', 'index'],
        ['deleteThreads', [ids.plain]],
      ],
      options: { participants: participantNames },
      from: 1,
      recoverAfter: ['delete.participants:before'],
    },
    {
      name: 'delete that detaches forks',
      program: [append(ids.reference), ['deleteThreads', [ids.base], { forks: 'detach' }]],
      from: 1,
      recoverAfter: ['delete.intend:after'],
    },
    {
      name: 'delete that takes forks along',
      program: [append(ids.copy), ['deleteThreads', [ids.base], { forks: 'cascade' }]],
      from: 1,
    },
    {
      name: 'attachments that are put, replaced and erased',
      program: [
        append(ids.plain),
        ['attachments.put', ids.plain, canaries.next(), canaries.next(), canaries.next()],
        ['attachments.put', ids.plain, erased.kind, erased.key, canaries.next()],
        ['attachments.put', ids.plain, 'kind', 'key', canaries.next(), { erasePrevious: true }],
        ['attachments.put', ids.plain, 'kind', 'key', canaries.next(), { erasePrevious: true }],
        ['attachments.delete', ids.plain, erased.kind, erased.key],
      ],
      from: 1,
      recoverAfter: ['eraseAttachment.intend:after'],
    },
    {
      name: 'append with attachments',
      program: [
        ['appendItems', ids.plain, [text()], { attachments: [attached('a'), attached('b')] }],
        ['appendItems', ids.plain, [], { attachments: [attached('c')] }],
      ],
    },
    {
      name: 'append by reference with attachments',
      program: [['appendItems', ids.plain, [long()], { attachments: [attached('a')] }]],
      options: { referenceBytesMin: 1024 },
      recoverAfter: ['append.write:after'],
    },
    {
      name: 'delete of a thread with attachments',
      program: [
        ['appendItems', ids.plain, [text()], { attachments: [attached('a'), attached('b')] }],
        ['deleteThreads', [ids.plain]],
      ],
      from: 1,
    },
    {
      name: 'redact',
      program: [append(ids.plain), ['redactItems', ids.plain, [1, 3], 'asked for']],
      from: 1,
      recoverAfter: ['redact.intend:after', 'redact.rewrite:after'],
    },
    {
      name: 'redact compressed and inherited lines',
      program: [
        ['redactItems', ids.compressed, [1], 'asked for'],
        ['redactItems', ids.reference, [1], 'asked for'],
      ],
    },
    {
      name: 'checkpoint between appends',
      program: [append(ids.plain), ['checkpoint'], append(ids.plain)],
      from: 1,
    },
    { name: 'close', program: [append(ids.plain), ['close']], from: 1 },
  ]
}
