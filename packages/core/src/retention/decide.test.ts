import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decision, decide } from './decide.js'
import type { ThreadFacts } from './facts.js'
import { type RetentionPolicy, rulesOf } from './policy.js'

const day = 24 * 60 * 60 * 1000
const now = Date.UTC(2030, 0, 1)

/** `daysAgo` is the last activity. */
const thread = (
  id: string,
  daysAgo: number,
  more: {
    parent?: string
    of?: string
    copyOf?: string
    veto?: ThreadFacts['veto']
    archived?: boolean
    bytes?: number
  } = {},
): ThreadFacts => ({
  threadId: id as ThreadId,
  parentId: (more.parent ?? null) as ThreadId | null,
  archived: more.archived ?? false,
  bytes: more.bytes ?? 100,
  activeMs: now - daysAgo * day,
  veto: more.veto,
  bases: [
    ...(more.of ? [{ threadId: more.of as ThreadId, refers: true }] : []),
    ...(more.copyOf ? [{ threadId: more.copyOf as ThreadId, refers: false }] : []),
  ],
})

const inUse = (threads: readonly ThreadFacts[]): string[] =>
  threads
    .filter((one) => !one.archived)
    .map((one) => one.threadId as string)
    .sort()

/** Without the pauses. */
function decisionOf(facts: readonly ThreadFacts[], policy: RetentionPolicy): Decision {
  const steps = decide(facts, rulesOf(policy), now)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

function decided(facts: readonly ThreadFacts[], policy: RetentionPolicy) {
  const { deletions, archives, spared, totalBytes } = decisionOf(facts, policy)
  return {
    deleted: deletions
      .flatMap(({ tree }) => tree.members.map((one) => one.threadId as string))
      .sort(),
    archived: inUse(archives.flatMap(({ members }) => members)),
    spared: Object.fromEntries(spared.map((one) => [one.threadId, `${one.why} ${one.because}`])),
    totalBytes,
  }
}

describe('deleteAfter', () => {
  it('takes what is old enough to the millisecond, and says nothing of what is young', () => {
    const facts = [thread('old', 30), thread('young', 29.999)]
    expect(decided(facts, { deleteAfter: '30d' })).toEqual({
      deleted: ['old'],
      archived: [],
      spared: {},
      totalBytes: 200,
    })
  })

  it('takes a tree as a whole or not at all', () => {
    const tree = [thread('root', 90), thread('child', 80, { parent: 'root' })]
    expect(decided(tree, { deleteAfter: '30d' }).deleted).toEqual(['child', 'root'])
    const young = thread('grandchild', 1, { parent: 'child' })
    expect(decided([...tree, young], { deleteAfter: '30d' })).toMatchObject({
      deleted: [],
      spared: { root: 'recent-relative grandchild', child: 'recent-relative grandchild' },
    })
  })

  it.each(['held', 'pinned', 'live', 'excluded', 'unavailable', 'age-unknown'] as const)(
    'spares a tree with a thread that is %s, and says which',
    (veto) => {
      const facts = [thread('root', 90), thread('child', 90, { parent: 'root', veto })]
      expect(decided(facts, { deleteAfter: '30d' })).toMatchObject({
        deleted: [],
        spared: { root: `${veto} child`, child: `${veto} child` },
      })
    },
  )

  it('tells of unknown ages whatever the policy, and of nothing else that is young', () => {
    const facts = [thread('odd', 0, { veto: 'age-unknown' }), thread('kept', 0, { veto: 'held' })]
    for (const policy of [{ deleteAfter: '30d' }, { maxTotalBytes: 1_000 }, { archiveAfter: '1d' }])
      expect(decided(facts, policy).spared).toEqual({ odd: 'age-unknown odd' })
  })

  it('passes over what is scheduled, and spares what it was spawned by', () => {
    const facts = [
      thread('gone', 90, { veto: 'scheduled' }),
      thread('root', 90),
      thread('child', 90, { parent: 'root', veto: 'scheduled' }),
    ]
    expect(decided(facts, { deleteAfter: '30d' })).toEqual({
      deleted: [],
      archived: [],
      spared: { root: 'scheduled child' },
      totalBytes: 100,
    })
  })

  it('spares what was forked lately, by reference or by copy, whatever the mode', () => {
    const facts = [
      thread('base', 90),
      thread('fork', 3, { of: 'base' }),
      thread('source', 90),
      thread('copy', 3, { copyOf: 'source' }),
    ]
    for (const forks of ['refuse', 'detach', 'cascade'] as const)
      expect(decided(facts, { deleteAfter: '30d', forks })).toMatchObject({
        deleted: [],
        spared: { base: 'recent-fork fork', source: 'recent-fork copy' },
      })
  })

  it('takes a base with its old forks, and stays with one that stays', () => {
    const chain = [
      thread('base', 90),
      thread('fork', 80, { of: 'base' }),
      thread('second', 70, { of: 'fork' }),
    ]
    expect(decided(chain, { deleteAfter: '30d' }).deleted).toEqual(['base', 'fork', 'second'])
    const held = [...chain.slice(0, 2), thread('second', 70, { of: 'fork', veto: 'held' })]
    expect(decided(held, { deleteAfter: '30d' })).toMatchObject({
      deleted: [],
      spared: { base: 'has-forks fork', fork: 'has-forks second', second: 'held second' },
    })
    // Detached forks lose nothing, held ones included.
    expect(decided(held, { deleteAfter: '30d', forks: 'detach' }).deleted).toEqual(['base', 'fork'])
    const parked = [...chain.slice(0, 2), thread('second', 70, { of: 'fork', veto: 'unavailable' })]
    expect(decided(parked, { deleteAfter: '30d', forks: 'detach' }).deleted).toEqual([])
  })

  it('with cascade keeps a base whose copy stays', () => {
    const facts = [thread('base', 90), thread('copy', 80, { copyOf: 'base', veto: 'held' })]
    expect(decided(facts, { deleteAfter: '30d', forks: 'cascade' }).deleted).toEqual([])
    expect(decided(facts, { deleteAfter: '30d' }).deleted).toEqual(['base'])
  })

  it('survives parents in a circle, and bases that are not there', () => {
    const facts = [
      thread('a', 90, { parent: 'b' }),
      thread('b', 90, { parent: 'a' }),
      thread('c', 90, { parent: 'c', of: 'nowhere' }),
      thread('d', 5, { parent: 'a' }),
    ]
    expect(decided(facts, { deleteAfter: '30d' })).toMatchObject({
      deleted: ['c'],
      spared: { a: 'recent-relative d', b: 'recent-relative d' },
    })
  })
})

describe('archiveAfter', () => {
  it('takes what is in use, old as a whole tree, and not deleted by another rule', () => {
    const facts = [
      thread('archived', 50, { archived: true }),
      thread('child', 50, { parent: 'archived' }),
      thread('old', 50),
      thread('oldest', 90),
      thread('kept', 50, { veto: 'pinned' }),
      thread('base', 50),
      thread('fork', 5, { of: 'base' }),
      thread('done', 90, { archived: true, veto: 'held' }),
    ]
    expect(decided(facts, { archiveAfter: '30d', deleteAfter: '60d' })).toMatchObject({
      deleted: ['oldest'],
      archived: ['child', 'old'],
      spared: { kept: 'pinned kept', base: 'recent-fork fork', done: 'held done' },
    })
  })
})

describe('maxTotalBytes', () => {
  it('takes what was active longest ago until the rest is below, and no more', () => {
    const facts = [1, 2, 3, 4, 5].map((daysAgo) => thread(`t${daysAgo}`, daysAgo))
    expect(decided(facts, { maxTotalBytes: 300 }).deleted).toEqual(['t4', 't5'])
    expect(decided(facts, { maxTotalBytes: 299 }).deleted).toEqual(['t3', 't4', 't5'])
    expect(decided(facts, { maxTotalBytes: 500 }).deleted).toEqual([])
    expect(decided(facts, { maxTotalBytes: 1 }).deleted).toHaveLength(5)
  })

  it('counts what another rule takes, and not what is scheduled', () => {
    const facts = [thread('old', 40), thread('young', 1), thread('gone', 90, { veto: 'scheduled' })]
    expect(decided(facts, { maxTotalBytes: 100, deleteAfter: '30d' }).deleted).toEqual(['old'])
    expect(decided(facts, { maxTotalBytes: 200 })).toMatchObject({ deleted: [], totalBytes: 200 })
  })

  it('passes over what is spared, and says so where that leaves too much', () => {
    const facts = [thread('held', 9, { veto: 'held' }), thread('b', 8), thread('c', 7)]
    expect(decided(facts, { maxTotalBytes: 200 })).toMatchObject({ deleted: ['b'], spared: {} })
    expect(decided(facts, { maxTotalBytes: 50 })).toMatchObject({
      deleted: ['b', 'c'],
      spared: { held: 'held held' },
    })
  })

  it('goes by the activity of forks too, and takes a base once its fork is gone', () => {
    const facts = [thread('base', 9), thread('fork', 5, { of: 'base' }), thread('other', 7)]
    expect(decided(facts, { maxTotalBytes: 200 }).deleted).toEqual(['other'])
    expect(decided(facts, { maxTotalBytes: 100 }).deleted).toEqual(['fork', 'other'])
    expect(decided(facts, { maxTotalBytes: 10 }).deleted).toEqual(['base', 'fork', 'other'])
  })
})

describe('any forest', () => {
  const facts = fc
    .array(
      fc.record({
        daysAgo: fc.integer({ min: 0, max: 60 }),
        parent: fc.option(fc.nat(14)),
        base: fc.option(fc.nat(14)),
        refers: fc.boolean(),
        archived: fc.boolean(),
        veto: fc.option(
          fc.constantFrom('held', 'live', 'pinned', 'scheduled', 'age-unknown', 'unavailable'),
        ),
      }),
      { maxLength: 15 },
    )
    .map((drawn) =>
      drawn.map(({ daysAgo, parent, base, refers, archived, veto }, index) =>
        thread(`t${index}`, daysAgo, {
          archived,
          ...(veto === null ? {} : { veto: veto as ThreadFacts['veto'] }),
          ...(parent === null ? {} : { parent: `t${parent}` }),
          ...(base === null || base === index
            ? {}
            : refers
              ? { of: `t${base}` }
              : { copyOf: `t${base}` }),
        }),
      ),
    )
  const policy = fc.record({
    deleteAfter: fc.constantFrom('10d', '30d'),
    archiveAfter: fc.constantFrom('5d', '10d'),
    maxTotalBytes: fc.constantFrom(1, 500, 100_000),
    forks: fc.constantFrom('refuse', 'detach', 'cascade'),
  })

  it('loses nothing that is vetoed, splits no tree, and leaves no fork without its base', () => {
    fc.assert(
      fc.property(facts, policy, (threads, rules) => {
        const { deleted, archived, spared } = decided(threads, rules as RetentionPolicy)
        const gone = new Set(deleted)
        const living = new Set(threads.map((one) => one.threadId as string))
        expect(gone.size).toBe(deleted.length)
        for (const one of threads) {
          const id = one.threadId as string
          if (one.veto) expect([gone.has(id), archived.includes(id)]).toEqual([false, false])
          if (one.parentId && living.has(one.parentId))
            expect(gone.has(id)).toBe(gone.has(one.parentId))
          for (const { threadId, refers } of one.bases) {
            if (!gone.has(threadId) || gone.has(id)) continue
            if (rules.forks === 'refuse') expect(refers).toBe(false)
            expect(rules.forks).not.toBe('cascade')
          }
          if (gone.has(id)) expect([archived.includes(id), id in spared]).toEqual([false, false])
          if (archived.includes(id)) expect(one.archived).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })
})
