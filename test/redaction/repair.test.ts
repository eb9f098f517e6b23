// A repair reads rollouts that an open redaction has not rewritten yet: nothing that it brings back repeats the text.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { repairStore } from '@cenotaph/core'
import { expect, it } from 'vitest'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { crashCopy, open, say, scratch } from '../traps/store.fixture.js'
import { filesWith, fork, linesOf, newSecret, thread } from './redact.fixture.js'

it('rebuilds no preview from lines that are redacted and not rewritten', async () => {
  const secret = newSecret()
  const fault = failWhile((call, name) => call === 'rename' && name.includes('rollout-'))
  fault.heal()
  const root = path.join(scratch(), 'root')
  const store = await open(root, { disk: fault.disk })
  await store.createThread({ threadId: thread })
  await store.appendItems(thread, [say(secret), say('harmless')])
  await store.forkThread(thread, { newThreadId: fork })
  fault.fail()
  expect((await store.redactItems(fork, [1], 'asked for')).state).toBe('erasing')
  const copy = crashCopy(root)
  writeFileSync(path.join(copy, '.cenotaph', 'level', 'CURRENT'), 'damaged')
  await repairStore(copy, { ballastBytes: 4096 })
  const mended = await open(copy)
  expect((await mended.readThread(thread))?.preview).toBe('harmless')
  for (const id of [thread, fork]) {
    expect((await linesOf(mended, id)).join()).not.toContain(secret)
    expect(JSON.stringify(await mended.readThread(id))).not.toContain(secret)
  }
  expect((await mended.listReceipts()).map((one) => one.redaction?.ordinals)).toHaveLength(1)
  expect(await filesWith(copy, secret)).toEqual([])
  expect((await mended.verify()).problems).toEqual([])
})
