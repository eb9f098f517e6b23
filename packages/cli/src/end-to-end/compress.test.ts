// Compress and du, as scripts and people see them.

import { afterAll, describe, expect, it } from 'vitest'
import { Command, itemLine } from './command.fixture.js'

const command = new Command()
afterAll(() => command.remove())

interface Compressed {
  readonly compressed: { threadId: string; before: number; after: number }[]
  readonly skipped: { threadId: string; reason: string }[]
}

describe('compress', () => {
  it('makes a thread small, says what it left alone, and du shows both', async () => {
    const words = ['create', '--name', 'cold', '--cwd', '/work']
    const { threadId } = await command.json<{ threadId: string }>(words)
    const long = 'a line that is worth its compression '.repeat(800)
    await command.json(['append', 'cold'], { input: itemLine(long) })
    const before = await command.json<Record<string, number>>(['du'])
    expect(before).toMatchObject({ threads: 1, compressedBytes: 0, reclaimableBytes: 0 })
    const { compressed, skipped } = await command.json<Compressed>(['compress', 'cold'])
    expect(skipped).toEqual([])
    expect(compressed).toEqual([
      { threadId, before: before.bytes, after: expect.any(Number) as number },
    ])
    expect(compressed[0]!.after).toBeLessThan(before.bytes! / 10)
    expect(await command.json(['show', 'cold'])).toMatchObject({ compressed: true })
    expect(await command.json(['du'])).toMatchObject({
      bytes: compressed[0]!.after,
      plainBytes: before.bytes,
      compressedBytes: compressed[0]!.after,
      byCwd: [{ cwd: '/work', threads: 1 }],
      largest: [{ threadId, name: 'cold' }],
    })
    expect((await command.run(['du'])).stdout).toContain('/work')
    expect((await command.run(['compress', 'cold'])).stdout).toContain('compressed already')
    expect((await command.run(['read', 'cold'])).stdout).toContain(long)
    expect(await command.json(['compress', '--older-than', '30d'])).toEqual({
      compressed: [],
      skipped: [],
    })
  })

  it('refuses what makes no sense', async () => {
    expect((await command.run(['compress'])).status).toBe(2)
    expect((await command.run(['compress', 'cold', '--older-than', '1d'])).status).toBe(2)
    expect((await command.run(['compress', '--older-than', 'soon'])).status).toBe(2)
    expect(await command.failure(['compress', 'nobody'])).toMatchObject({
      status: 1,
      code: 'THREAD_NOT_FOUND',
    })
  })
})
