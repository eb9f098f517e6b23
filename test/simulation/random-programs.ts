// Programs that a seed chooses: every ordered pair of operations, and longer runs of them. A program is valid by
// construction: each operation says in which world it can be called and what it makes of the world, so that no call of a
// program is refused.

import { ids } from '../crash/template.js'
import type { Canaries, Random } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { message } from '../support/thread-ids.js'
import type { SimProgram } from './programs.js'

type Place = 'none' | 'active' | 'archived' | 'scheduled' | 'dead'

/** What the next operation can meet. */
interface World {
  readonly plain: Place
  /** A root and its child, which go everywhere together. */
  readonly tree: Place
  readonly base: Place
  /** A fork of `base` by reference until that dies. */
  readonly fork: Place
  readonly held: boolean
  readonly made: ReadonlySet<string>
}

interface Operation {
  readonly name: string
  readonly isPossible: (world: World) => boolean
  readonly calls: (world: World) => readonly Call[]
  readonly next: (world: World) => World
}

const beginning: World = {
  plain: 'active',
  tree: 'active',
  base: 'active',
  fork: 'active',
  held: false,
  made: new Set(),
}

const isThere = (place: Place): boolean => place === 'active' || place === 'archived'
const same = (world: World): World => world

export function operationsOf(canaries: Canaries): readonly Operation[] {
  const text = () => message(canaries.next())
  const long = () => message(`${canaries.next()} ${'x'.repeat(1_500)}`)
  const making = (id: string) => ({
    isPossible: ({ plain, made }: World) => plain === 'active' && !made.has(id),
    next: (world: World) => ({ ...world, made: new Set([...world.made, id]) }),
  })
  const onPlain = (name: string, call: () => Call): Operation => ({
    name,
    isPossible: ({ plain }) => plain === 'active',
    calls: () => [call()],
    next: same,
  })
  return [
    onPlain('append', () => ['appendItems', ids.plain, [text()]]),
    onPlain('large append', () => ['appendItems', ids.plain, [long()]]),
    onPlain('rename', () => ['renameThread', ids.plain, canaries.next()]),
    onPlain('redact', () => ['redactItems', ids.plain, [1], 'asked for']),
    // What is replaced stays in LevelDB until its bytes are asked to go.
    onPlain('attach', () => [
      'attachments.put',
      ids.plain,
      'goal',
      'a',
      canaries.next(),
      { erasePrevious: true },
    ]),
    onPlain('detach an attachment', () => ['attachments.delete', ids.plain, 'goal', 'a']),
    onPlain('checkpoint', () => ['checkpoint']),
    onPlain('pin', () => ['pinThread', ids.plain]),
    {
      name: 'compress',
      isPossible: ({ plain }) => plain === 'active',
      calls: ({ base }) => [
        ['compressThreads', base === 'active' ? [ids.plain, ids.base] : [ids.plain]],
      ],
      next: same,
    },
    {
      name: 'append to a fork',
      isPossible: ({ fork }) => fork === 'active',
      calls: () => [['appendItems', ids.reference, [text()]]],
      next: same,
    },
    {
      name: 'redact what is inherited',
      isPossible: ({ fork, base }) => fork === 'active' && base === 'active',
      calls: () => [['redactItems', ids.reference, [1], 'asked for']],
      next: same,
    },
    {
      name: 'create',
      ...making(ids.created),
      calls: () => [['createThread', { threadId: ids.created, name: canaries.next() }]],
    },
    {
      name: 'fork by reference',
      ...making(ids.newReference),
      calls: () => [
        ['forkThread', ids.plain, { newThreadId: ids.newReference, throughOrdinal: 1 }],
      ],
    },
    {
      name: 'fork by copy',
      ...making(ids.newCopy),
      calls: () => [['forkThread', ids.plain, { newThreadId: ids.newCopy, copy: true }]],
    },
    {
      name: 'archive a tree',
      isPossible: ({ tree }) => tree === 'active',
      calls: () => [['archiveThreads', [ids.treeRoot]]],
      next: (world) => ({ ...world, tree: 'archived' }),
    },
    {
      name: 'unarchive a tree',
      isPossible: ({ tree }) => tree === 'archived',
      calls: () => [['unarchiveThreads', [ids.treeRoot]]],
      next: (world) => ({ ...world, tree: 'active' }),
    },
    {
      name: 'schedule a tree',
      isPossible: ({ tree, held }) => isThere(tree) && !held,
      calls: () => [['deleteThread', ids.treeRoot, { in: '30d' }]],
      next: (world) => ({ ...world, tree: 'scheduled' }),
    },
    {
      name: 'restore a tree',
      isPossible: ({ tree }) => tree === 'scheduled',
      calls: () => [
        ['restoreThreads', [ids.treeRoot]],
        // Where it was archived before, it is so again.
        ['holdThread', ids.treeRoot, canaries.next()],
        ['unholdThread', ids.treeRoot],
      ],
      next: (world) => ({ ...world, tree: 'none' }),
    },
    {
      name: 'hold',
      isPossible: ({ tree }) => isThere(tree),
      calls: () => [['holdThread', ids.child, canaries.next()]],
      next: (world) => ({ ...world, held: true }),
    },
    {
      name: 'unhold',
      isPossible: ({ held }) => held,
      calls: () => [['unholdThread', ids.child]],
      next: (world) => ({ ...world, held: false }),
    },
    {
      name: 'delete a tree',
      isPossible: ({ tree, held }) => isThere(tree) && !held,
      calls: () => [['deleteThreads', [ids.treeRoot], { reason: 'asked for' }]],
      next: (world) => ({ ...world, tree: 'dead' }),
    },
    {
      name: 'delete that detaches',
      isPossible: ({ base, fork }) => base === 'active' && fork === 'active',
      calls: () => [['deleteThreads', [ids.base], { forks: 'detach' }]],
      next: (world) => ({ ...world, base: 'dead' }),
    },
    {
      name: 'delete of a fork',
      isPossible: ({ fork }) => fork === 'active',
      calls: () => [['deleteThreads', [ids.reference]]],
      next: (world) => ({ ...world, fork: 'dead' }),
    },
  ]
}

function setUpOf(canaries: Canaries): readonly Call[] {
  const create = (threadId: string, parentThreadId?: string): Call => [
    'createThread',
    { threadId, name: canaries.next(), ...(parentThreadId ? { parentThreadId } : {}) },
  ]
  const append = (id: string): Call => ['appendItems', id, [message(canaries.next())]]
  return [
    create(ids.plain),
    append(ids.plain),
    create(ids.treeRoot),
    create(ids.child, ids.treeRoot),
    create(ids.base),
    append(ids.base),
    ['forkThread', ids.base, { newThreadId: ids.reference, throughOrdinal: 1 }],
  ]
}

const options = { referenceBytesMin: 1_024 }

/** Every ordered pair of operations of which the second is possible after the first. */
export function pairsOf(canaries: Canaries): readonly (() => SimProgram)[] {
  const operations = operationsOf(canaries)
  return operations.flatMap((first) => {
    // What needs a step before it gets that step.
    const before = first.isPossible(beginning) ? [] : stepsBefore(operations, first)
    const world = before.reduce((one, step) => step.next(one), beginning)
    const after = first.next(world)
    return operations
      .filter((second) => second.isPossible(after))
      .map((second) => () => programOf(canaries, [...before, first, second], before.length))
  })
}

/** One operation after which this one is possible. */
function stepsBefore(operations: readonly Operation[], wanted: Operation): readonly Operation[] {
  const step = operations.find(
    (one) => one.isPossible(beginning) && wanted.isPossible(one.next(beginning)),
  )
  if (!step) throw new Error(`nothing leads to ${wanted.name}`)
  return [step]
}

/** A run of 5 to 20 operations. */
export function longProgram(canaries: Canaries, random: Random): SimProgram {
  const operations = operationsOf(canaries)
  const chosen: Operation[] = []
  let world = beginning
  for (let length = 5 + Math.floor(random() * 16); chosen.length < length; ) {
    const possible = operations.filter((operation) => operation.isPossible(world))
    const next = possible[Math.floor(random() * possible.length)]
    if (!next) break
    chosen.push(next)
    world = next.next(world)
  }
  return programOf(canaries, chosen, 0)
}

function programOf(
  canaries: Canaries,
  operations: readonly Operation[],
  inSetUp: number,
): SimProgram {
  let world = beginning
  const calls = operations.map((operation) => {
    const made = operation.calls(world)
    world = operation.next(world)
    return made
  })
  return {
    name: operations
      .slice(inSetUp)
      .map(({ name }) => name)
      .join(', then '),
    setUp: [...setUpOf(canaries), ...calls.slice(0, inSetUp).flat()],
    program: calls.slice(inSetUp).flat(),
    options,
  }
}
