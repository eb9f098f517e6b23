// Redaction: the text of a line goes, the line stays.

import assert from 'node:assert/strict'
import { messageOf, messagesOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having, type ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'
import { onMedium, secretOf } from './deletion.js'

const [one, fork] = [1, 2].map(threadIdOf) as [string, string]

const redacting = (store: ThreadStoreLike) => having(store, 'redactItems')

async function withLines(store: ThreadStoreLike): Promise<number> {
  await store.createThread({ threadId: one })
  await store.appendItems(one, [
    messageOf('before'),
    messageOf(secretOf('one')),
    messageOf('after'),
  ])
  return (await messagesOf(store, one))[1]!.ordinal
}

export function testRedaction(check: Check, supports: Supports): void {
  check('the text is gone, the line and its neighbours are there', async (place) => {
    const store = redacting(place.store)
    const ordinal = await withLines(store)
    const before = await messagesOf(store, one)
    assert.equal((await store.redactItems(one, [ordinal], 'pasted by mistake')).state, 'deleted')
    const after = await messagesOf(store, one)
    assert.deepEqual(
      after.map((line) => line.text),
      ['before', null, 'after'],
    )
    assert.deepEqual(
      after.map((line) => line.ordinal),
      before.map((line) => line.ordinal),
    )
    assert.deepEqual(await messagesOf(store, one, { reverse: true }), after)
    await store.appendItems(one, [messageOf('later')])
    assert.deepEqual(await textsOf(store, one), ['before', null, 'after', 'later'])
  })

  check('what is not there is not redacted', async (place) => {
    const store = redacting(place.store)
    const ordinal = await withLines(store)
    await refused(() => store.redactItems(one, [ordinal + 100], 'no line'), 'ORDINAL_NOT_FOUND')
    await refused(() => store.redactItems(threadIdOf(99), [1], 'no thread'), 'THREAD_NOT_FOUND')
    await store.deleteThreads([one])
    await refused(() => store.redactItems(one, [ordinal], 'dead'), 'THREAD_DELETED')
  })

  if (supports.fork) {
    check('a fork that reads the line has it no more, one that copied it has', async (place) => {
      const store = having(redacting(place.store), 'forkThread')
      const ordinal = await withLines(store)
      const copy = threadIdOf(3)
      await store.forkThread(one, { newThreadId: fork })
      await store.forkThread(one, { newThreadId: copy, copy: true })
      await redacting(store).redactItems(one, [ordinal], 'pasted by mistake')
      assert.deepEqual(await textsOf(store, fork), ['before', null, 'after'])
      assert.deepEqual(await textsOf(store, copy), ['before', secretOf('one'), 'after'])
    })
  }

  if (supports.hold) {
    check('what is on hold is not redacted', async (place) => {
      const store = having(redacting(place.store), 'holdThread')
      const ordinal = await withLines(store)
      await store.holdThread(one, 'kept')
      await refused(() => redacting(store).redactItems(one, [ordinal], 'no'), 'THREAD_HELD')
      assert.deepEqual(await textsOf(store, one), ['before', secretOf('one'), 'after'])
    })
  }

  if (supports.residue) {
    check('a redacted text is not on the medium', async (place) => {
      const store = redacting(place.store)
      const ordinal = await withLines(store)
      await store.appendItems(one, [messageOf(secretOf('kept'))])
      assert.deepEqual(await onMedium(place, ['one', 'kept']), ['one', 'kept'])
      await store.redactItems(one, [ordinal], 'pasted by mistake')
      assert.deepEqual(await onMedium(place, ['one', 'kept']), ['kept'])
    })
  }
}
