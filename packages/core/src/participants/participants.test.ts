import fs from 'node:fs/promises'
import path from 'node:path'
import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { repairStore } from '../inspection/repair-store.js'
import type { ThreadStoreOptions } from '../options.js'
import { verifyReceipt } from '../proof/index.js'
import { message, testOptions, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'
import type { Participant } from './participant.js'
import { Host, ManualClock, until } from './participants.fixture.js'

/** No retry comes by itself. */
const quiet: ThreadStoreOptions = { retryMs: 3_600_000 }

async function threadFor(store: ThreadStore, ...hosts: Host[]): Promise<string> {
  const id = await store.createThread({ name: 'a thread' })
  for (const host of hosts) host.kept.add(id)
  return id
}

const codeOf = async (run: Promise<unknown>): Promise<string | undefined> => {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return isStoreError(error) ? error.code : undefined
}

describe('a delete', () => {
  it('asks every participant, verifies, and names them in its receipt', () =>
    withStore(async (store) => {
      const hosts = [new Host('memories'), new Host('index')]
      for (const host of hosts) await store.registerParticipant(host)
      const parent = await threadFor(store, ...hosts)
      const child = await store.createThread({ parentThreadId: parent })
      const { state, receipt } = await store.deleteThread(parent)
      expect(state).toBe('deleted')
      expect(receipt!.participants).toEqual([
        { name: 'index', outcome: 'erased', attempts: 1 },
        { name: 'memories', outcome: 'erased', attempts: 1 },
      ])
      expect(receipt!.steps.map(({ name }) => name)).toEqual([
        'delete.detach',
        'delete.unlink',
        'delete.participants',
        'delete.scrub',
        'delete.verify',
        'delete.receipt',
      ])
      expect(verifyReceipt(receipt, store.publicKey)).toMatchObject({ ok: true })
      for (const host of hosts) {
        expect(host.erasures).toEqual([[parent, child]])
        expect(host.calls[0]).toMatchObject({
          operationId: receipt!.receiptId,
          attempt: 1,
          timeoutMs: 30_000,
        })
        expect(host.kept.size).toBe(0)
      }
    }))

  it('waits for one that is not there, by name, and ends when it comes', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, { ...testOptions, ...quiet })
      const host = new Host('memories')
      const unregister = await store.registerParticipant(host)
      unregister()
      unregister()
      const id = await threadFor(store, host)
      const waiting = await store.deleteThread(id)
      expect(waiting.state).toBe('erasing')
      expect(waiting.pending).toEqual([
        {
          step: 'delete.participants',
          reason: 'PARTICIPANT_MISSING',
          nextTry: expect.any(String),
          attempts: 1,
          participants: [{ name: 'memories', trouble: 'missing', attempts: 0, lastTrouble: null }],
        },
      ])
      await store.close()
      store = await openThreadStore(root, { ...testOptions, ...quiet })
      expect(await store.participants()).toMatchObject([{ name: 'memories', present: false }])
      const after = await store.deleteThread(id)
      expect(after).toMatchObject({ state: 'erasing', pending: [{ attempts: 2 }] })
      await store.registerParticipant(host)
      await until(async () => (await store.status(id)).state === 'deleted')
      const { receipt } = await store.deleteThread(id)
      expect(receipt!.participants).toEqual([{ name: 'memories', outcome: 'erased', attempts: 1 }])
      const step = receipt!.steps.find(({ name }) => name === 'delete.participants')
      expect(step).toMatchObject({ outcome: 'done', attempts: 3 })
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }))

  it('ends within the opening when its participant is handed to it', () =>
    withRoot(async (root) => {
      const host = new Host('memories')
      let store = await openThreadStore(root, { ...testOptions, ...quiet, participants: [host] })
      host.behaviour = 'lies'
      const id = await threadFor(store, host)
      expect(await store.deleteThread(id)).toMatchObject({
        state: 'erasing',
        pending: [
          {
            reason: 'PARTICIPANT_FAILED',
            participants: [{ name: 'memories', trouble: 'left', attempts: 1 }],
          },
        ],
      })
      await store.close()
      // Who has not the code tells what the one who had it was told.
      store = await openThreadStore(root, { ...testOptions, ...quiet })
      expect((await store.status(id)).pending).toMatchObject([
        {
          step: 'delete.participants',
          participants: [
            { name: 'memories', trouble: 'missing', attempts: 1, lastTrouble: 'left' },
          ],
        },
      ])
      await store.close()
      host.behaviour = 'honest'
      store = await openThreadStore(root, { ...testOptions, ...quiet, participants: [host] })
      expect((await store.status(id)).state).toBe('deleted')
      const [receipt] = await store.listReceipts()
      expect(receipt!.participants).toEqual([{ name: 'memories', outcome: 'erased', attempts: 2 }])
      expect(host.calls.map(({ attempt }) => attempt)).toEqual([1, 2])
      await store.close()
    }))

  it.each(['throws', 'throws-in-verify', 'talks'] as const)(
    'is not done when one %s, and does not ask those again that are',
    (behaviour) =>
      withRoot(async (root) => {
        let store = await openThreadStore(root, { ...testOptions, ...quiet })
        const [good, bad] = [new Host('good'), new Host('bad')]
        bad.behaviour = behaviour
        await store.registerParticipant(good)
        await store.registerParticipant(bad)
        const id = await threadFor(store, good, bad)
        const first = await store.deleteThread(id)
        const trouble = behaviour === 'talks' ? 'invalid' : 'threw'
        expect(first.pending[0]).toMatchObject({
          reason: 'PARTICIPANT_FAILED',
          participants: [{ name: 'bad', trouble, attempts: 1 }],
        })
        expect((await store.retry(id)).pending[0]).toMatchObject({
          attempts: 2,
          participants: [{ name: 'bad', attempts: 2 }],
        })
        await store.close()
        store = await openThreadStore(root, {
          ...testOptions,
          ...quiet,
          participants: [good, bad],
        })
        bad.behaviour = 'honest'
        const done = await store.retry(id)
        expect(done.receipt!.participants).toEqual([
          { name: 'bad', outcome: 'erased', attempts: 4 },
          { name: 'good', outcome: 'erased', attempts: 1 },
        ])
        expect(good.erasures).toHaveLength(1)
        expect(JSON.stringify(done)).not.toContain('the words of a host')
        await store.close()
      }),
  )

  it('gives up on one that hangs when its time is up, and tells it so', () => {
    const clock = new ManualClock()
    return withStore(
      async (store) => {
        const [slow, quick] = [new Host('slow'), new Host('quick')]
        slow.behaviour = 'hangs'
        await store.registerParticipant(slow)
        await store.registerParticipant(quick)
        const base = await threadFor(store, slow, quick)
        await store.appendItems(base, [message('one')])
        const fork = await store.forkThread(base)
        const deleting = store.deleteThread(base, { forks: 'detach' })
        await until(() => slow.erasures.length > 0 && quick.kept.size === 0)
        // What goes on meanwhile: the fork, another thread, another delete up to this participant.
        await store.appendItems(fork.threadId, [message('two')])
        await store.createThread({ name: 'another' })
        expect((await store.status(base)).state).toBe('erasing')
        clock.pass(4_999)
        expect(slow.signal!.aborted).toBe(false)
        clock.pass(1)
        const { pending } = await deleting
        expect(slow.signal!.aborted).toBe(true)
        expect(pending[0]!.participants).toEqual([
          { name: 'slow', trouble: 'timeout', attempts: 1, lastTrouble: null },
        ])
        await store.appendItems(fork.threadId, [message('three')])
        slow.behaviour = 'honest'
        expect((await store.retry(base)).state).toBe('deleted')
      },
      { ...quiet, clock, participantTimeoutMs: 5_000 },
    )
  })

  it('does not keep a store from closing, whatever the participant does', () =>
    withRoot(async (root) => {
      const clock = new ManualClock()
      const store = await openThreadStore(root, { ...testOptions, ...quiet, clock })
      const host = new Host('slow')
      host.behaviour = 'hangs'
      await store.registerParticipant(host)
      const id = await threadFor(store, host)
      const deleting = store.deleteThread(id)
      await until(() => host.erasures.length > 0)
      await store.close()
      expect(host.signal!.aborted).toBe(true)
      expect((await deleting.catch(() => ({ state: 'erasing' }))).state).toBe('erasing')
      host.behaviour = 'honest'
      const again = await openThreadStore(root, { ...testOptions, clock, participants: [host] })
      expect((await again.status(id)).state).toBe('deleted')
      await again.close()
    }))

  it('does not wait for who registered after its commit', () =>
    withStore(async (store) => {
      const [early, late] = [new Host('early'), new Host('late')]
      early.behaviour = 'throws'
      await store.registerParticipant(early)
      const id = await threadFor(store, early)
      await store.deleteThread(id)
      await store.registerParticipant(late)
      early.behaviour = 'honest'
      const { receipt } = await store.retry(id)
      expect(receipt!.participants.map(({ name }) => name)).toEqual(['early'])
      expect(late.erasures).toEqual([])
    }, quiet))

  it(
    'asks for 10,000 threads in calls of 1,000',
    () =>
      withStore(
        async (store) => {
          const host = new Host('memories')
          await store.registerParticipant(host)
          const parent = await threadFor(store, host)
          const ids = [parent]
          for (let start = 1; start < 10_000; start += 500) {
            const size = Math.min(500, 10_000 - start)
            const create = () => store.createThread({ parentThreadId: parent })
            ids.push(...(await Promise.all(Array.from({ length: size }, create))))
          }
          const { receipt } = await store.deleteThread(parent)
          expect(receipt!.threadIds).toHaveLength(10_000)
          expect(host.erasures.map((asked) => asked.length)).toEqual(Array(10).fill(1_000))
          expect(new Set(host.erasures.flat())).toEqual(new Set(ids))
        },
        { ...quiet, persistence: 'none' },
      ),
    120_000,
  )
})

describe('forgetting a participant', () => {
  it('ends the waiting, is logged, and stands in every later receipt', () =>
    withStore(async (store) => {
      const host = new Host('retired')
      ;(await store.registerParticipant(host))()
      const id = await threadFor(store)
      expect((await store.deleteThread(id)).state).toBe('erasing')
      expect(await codeOf(store.forgetParticipant('retried', 'gone'))).toBe('PARTICIPANT_NOT_FOUND')
      await store.forgetParticipant('retired', 'the host was uninstalled')
      await until(async () => (await store.status(id)).state === 'deleted')
      const later = await store.deleteThread(await threadFor(store))
      const forgotten = [{ name: 'retired', outcome: 'forgotten', attempts: 0 }]
      expect(later.receipt!.participants).toEqual(forgotten)
      expect((await store.deleteThread(id)).receipt!.participants).toEqual(forgotten)
      expect(await store.participants()).toEqual([
        {
          name: 'retired',
          registered: expect.any(String),
          forgotten: { at: expect.any(String), reason: 'the host was uninstalled' },
          present: false,
        },
      ])
      const events: unknown[] = []
      for await (const { type, payload } of store.events())
        if (type.startsWith('participant.')) events.push([type, payload])
      expect(events).toEqual([
        ['participant.registered', { name: 'retired' }],
        ['participant.forgotten', { name: 'retired', reason: 'the host was uninstalled' }],
      ])
      // It may come back.
      await store.registerParticipant(host)
      const last = await store.deleteThread(await threadFor(store, host))
      expect(last.receipt!.participants).toEqual([
        { name: 'retired', outcome: 'erased', attempts: 1 },
      ])
    }, quiet))

  it('while it is being asked counts at once when its time is up', () => {
    const clock = new ManualClock()
    return withStore(
      async (store) => {
        const host = new Host('slow')
        host.behaviour = 'hangs'
        await store.registerParticipant(host)
        const deleting = store.deleteThread(await threadFor(store, host))
        await until(() => host.erasures.length > 0)
        await store.forgetParticipant('slow', 'it hangs')
        clock.pass(30_000)
        const { state, receipt } = await deleting
        expect(state).toBe('deleted')
        expect(receipt!.participants).toEqual([{ name: 'slow', outcome: 'forgotten', attempts: 1 }])
      },
      { ...quiet, clock },
    )
  })
})

describe('registering', () => {
  it('is durable, idempotent for one object, and refuses a second one of the name', () =>
    withStore(async (store) => {
      const host = new Host('memories')
      await Promise.all([store.registerParticipant(host), store.registerParticipant(host)])
      expect(await codeOf(store.registerParticipant(new Host('memories')))).toBe(
        'PARTICIPANT_EXISTS',
      )
      const two = [new Host('x'), new Host('x')]
      const both = await Promise.all(two.map((one) => codeOf(store.registerParticipant(one))))
      expect(both).toEqual([undefined, 'PARTICIPANT_EXISTS'])
      expect((await store.participants()).map(({ name }) => name)).toEqual(['memories', 'x'])
      await store.reopen()
      expect(await store.participants()).toMatchObject([{ present: true }, { present: true }])
      const id = await threadFor(store, host)
      expect((await store.deleteThread(id)).state).toBe('deleted')
      expect(host.kept.size).toBe(0)
    }, quiet))

  it('refuses what is no participant before anything happens', () =>
    withStore(async (store) => {
      const erase = async () => {}
      const verify = async () => []
      const wrong: unknown[] = [
        undefined,
        null,
        'memories',
        {},
        { name: 'x' },
        { name: 'x', erase },
        { name: '', erase, verify },
        { name: ' ', erase, verify },
        { name: 'two\nlines', erase, verify },
        { name: 'x'.repeat(101), erase, verify },
        { name: 1, erase, verify },
      ]
      for (const one of wrong)
        expect(await codeOf(store.registerParticipant(one as Participant))).toBe('ARGUMENT_INVALID')
      for (const reason of ['', ' ', 'x'.repeat(201), 'a\nb', undefined])
        expect(await codeOf(store.forgetParticipant('x', reason as string))).toBe(
          'ARGUMENT_INVALID',
        )
      expect(await store.participants()).toEqual([])
      for (const participantTimeoutMs of [0, -1, 1.5, 2 ** 31])
        expect(await codeOf(openThreadStore('/nowhere', { participantTimeoutMs }))).toBe(
          'ARGUMENT_INVALID',
        )
      const participants = [{ name: 'x' }] as unknown as Participant[]
      expect(await codeOf(openThreadStore('/nowhere', { participants }))).toBe('ARGUMENT_INVALID')
    }))
})

describe('a repair', () => {
  it('keeps the registry, and the deletes that it finds ask all of it', () =>
    withRoot(async (root) => {
      const host = new Host('memories')
      const store = await openThreadStore(root, { ...testOptions, ...quiet, participants: [host] })
      await store.registerParticipant(new Host('retired'))
      await store.forgetParticipant('retired', 'uninstalled')
      host.behaviour = 'throws'
      const id = await threadFor(store, host)
      expect((await store.deleteThread(id)).state).toBe('erasing')
      await store.close()
      await fs.rm(path.join(root, '.cenotaph', 'anchor.json'))
      host.behaviour = 'honest'
      const { lost } = await repairStore(root, { ...testOptions, ...quiet })
      expect(lost.filter(({ what }) => what === 'row')).toEqual([])
      const again = await openThreadStore(root, { ...testOptions, ...quiet, participants: [host] })
      expect(await again.participants()).toMatchObject([
        { name: 'memories', forgotten: null },
        { name: 'retired', forgotten: { reason: 'uninstalled' } },
      ])
      expect(host.kept.size).toBe(0)
      const { receipt } = await again.deleteThread(id)
      expect(receipt!.participants.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['memories', 'erased'],
        ['retired', 'forgotten'],
      ])
      expect((await again.verify()).problems.map(({ code }) => code)).not.toContain(
        'PARTICIPANT_DIFFERS',
      )
      await again.close()
    }))
})
