// The oracle must be able to say no: a store that recovered well is judged sound, and one that is wrong in one thing is
// not, for each of the things that the oracle says.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  Canaries,
  type Expected,
  judge,
  messageOf,
  type Scan,
  type Subject,
  type Survey,
  seededRandom,
  surveyStore,
  type ThreadStoreLike,
  threadIdOf,
  tokensIn,
} from '@cenotaph/testing'
import { afterEach, describe, expect, it } from 'vitest'

const [one, two, dead] = [1, 2, 3].map(threadIdOf) as [string, string, string]
const ids = [one, two, dead]
const canaries = new Canaries(seededRandom(3))
const secret = canaries.next()

let store: ThreadStore | undefined
afterEach(() => store?.close())

interface Judged {
  readonly subject: Subject & { readonly store: ThreadStore; readonly scan: Scan }
  readonly expected: Expected
  readonly survey: Survey
}

/** A sound store with two living threads and a dead one, as a crash may leave it. */
async function sound(): Promise<Judged> {
  store = await openThreadStore('/nowhere', { persistence: 'none' })
  for (const threadId of ids) await store.createThread({ threadId, name: `name of ${threadId}` })
  await store.appendItems(one, [messageOf('first'), messageOf('second')])
  await store.appendItems(dead, [messageOf(secret)])
  await store.deleteThreads([dead])
  const survey = await surveyStore(store, ids)
  const names = [`sessions/rollout-${one}.jsonl`, `sessions/rollout-${two}.jsonl`]
  return {
    subject: {
      store,
      ids,
      scan: { found: new Map(), names },
      provesDeath: async () => {},
      verifiesEvents: async () => {},
    },
    expected: { allowed: [survey], tokens: canaries.tokens },
    survey,
  }
}

const withVerbs = (real: ThreadStore, changes: Partial<ThreadStoreLike>): ThreadStoreLike =>
  new Proxy<ThreadStoreLike>(real, {
    get(_target, name) {
      const member = Reflect.get(real, name, real)
      const changed = changes[name as keyof ThreadStoreLike]
      return changed ?? (typeof member === 'function' ? member.bind(real) : member)
    },
  })

const thread = (survey: Survey, id: string) => {
  const found = survey[id]
  if (!found || typeof found !== 'object') throw new Error(`${id} is not alive`)
  return found
}

type Wrong = (judged: Judged) => { subject?: Partial<Subject>; expected?: Partial<Expected> }

const wrong: Readonly<Record<string, Wrong>> = {
  'an acknowledged line is lost': ({ survey }) => {
    const before = thread(survey, one)
    const more = { ...before, lines: [...before.lines, 'acknowledged'] }
    return { expected: { allowed: [{ ...survey, [one]: more }] } }
  },
  'half of a batch is there': ({ survey }) => {
    const before = thread(survey, one)
    const absent = { ...before, lines: before.lines.slice(0, 1) }
    const whole = { ...before, lines: [...before.lines, 'third'] }
    return { expected: { allowed: [absent, whole].map((some) => ({ ...survey, [one]: some })) } }
  },
  'a value is there that nobody wrote': ({ survey }) => ({
    expected: { allowed: [{ ...survey, [two]: { ...thread(survey, two), name: 'as written' } }] },
  }),
  'a dead thread is back': ({ subject }) => ({
    subject: {
      store: withVerbs(subject.store, {
        readThread: (id) => subject.store.readThread(id === dead ? two : id),
        listItems: (id, options) => subject.store.listItems(id === dead ? two : id, options),
      }),
    },
  }),
  'a file bears the name of a dead thread': ({ subject: { scan } }) => ({
    subject: {
      scan: { ...scan, names: [...scan.names, `archived_sessions/rollout-${dead}.jsonl`] },
    },
  }),
  'a death has no proof': () => ({
    subject: {
      provesDeath: async (id) => {
        throw new Error(`no receipt for ${id}`)
      },
    },
  }),
  'a text of the dead is on the medium': ({ subject: { scan } }) => {
    const [token] = tokensIn(secret)
    return { subject: { scan: { ...scan, found: new Map([[token!, new Set(['000007.ldb'])]]) } } }
  },
  'a list has forgotten a thread': ({ subject }) => ({
    subject: {
      store: withVerbs(subject.store, {
        async listThreads(options) {
          const page = await subject.store.listThreads(options)
          return { ...page, threads: page.threads.filter(({ threadId }) => threadId !== two) }
        },
      }),
    },
  }),
  'a list has a thread twice': ({ subject }) => ({
    subject: {
      store: withVerbs(subject.store, {
        async listThreads(options) {
          const page = await subject.store.listThreads(options)
          return { ...page, threads: [...page.threads, ...page.threads] }
        },
      }),
    },
  }),
  'the store finds a problem in itself': ({ subject }) => ({
    subject: {
      store: withVerbs(subject.store, {
        verify: async () => ({ problems: [{ code: 'ROLLOUT_UNKNOWN' }] }),
      }),
    },
  }),
  'the log does not verify': () => ({
    subject: {
      verifiesEvents: async () => {
        throw new Error('the later log does not begin with the earlier one')
      },
    },
  }),
  'a thread takes no more lines': ({ subject }) => ({
    subject: {
      store: withVerbs(subject.store, {
        appendItems: async () => ({ written: 1 }),
      }),
    },
  }),
}

describe('the oracle', () => {
  it('finds nothing in a sound store, and says in which state it is', async () => {
    const { subject, expected, survey } = await sound()
    const older = { ...survey, [two]: null }
    expect(await judge(subject, { ...expected, allowed: [older, survey] })).toBe(1)
  })

  it('lets pass what it was told of', async () => {
    const { subject, expected } = await sound()
    const [token] = tokensIn(secret)
    const scan = { ...subject.scan, found: new Map([[token!, new Set(['000007.ldb'])]]) }
    const reporting = withVerbs(subject.store, {
      verify: async () => ({ problems: [{ code: 'BACKUP_UNFINISHED' }] }),
    })
    await judge(
      { ...subject, scan, store: reporting },
      { ...expected, lingering: new Set([token!]), mayReport: ['BACKUP_UNFINISHED'] },
    )
  })

  it.each(Object.keys(wrong))('says no where %s', async (name) => {
    const judged = await sound()
    const { subject, expected } = wrong[name]!(judged)
    const judging = judge({ ...judged.subject, ...subject }, { ...judged.expected, ...expected })
    await expect(judging).rejects.toThrow(Error)
  })

  it('was asked about all that it says', () => {
    expect(Object.keys(wrong).length).toBeGreaterThanOrEqual(12)
  })
})
