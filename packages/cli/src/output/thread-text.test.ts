import { openThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { threadDocument } from '../documents.js'
import { testTerminal } from '../terminal.fixture.js'
import { threadBlock, threadTable } from './thread-text.js'

describe('a thread in memory', () => {
  it('is marked in lists and in its block, and named in its document', async () => {
    const store = await openThreadStore('/nowhere', { persistence: 'none' })
    const view = (await store.readThread(await store.createThread({ name: 'off the record' })))!
    await store.close()
    const terminal = testTerminal({ root: '/nowhere' })
    expect(threadTable([view], terminal)).toMatch(/off the record .* active, ephemeral/)
    expect(threadBlock(view, terminal)).toMatch(/kept +in memory alone/)
    expect(threadDocument(view).persistence).toBe('ephemeral')
    const durable = { ...view, persistence: 'durable' } as const
    expect(threadTable([durable], terminal)).not.toContain('ephemeral')
    expect(threadBlock(durable, terminal)).toMatch(/kept +on disk/)
  })
})
