import { MemoryDisk, nodeClock, nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { Journal } from './journal.js'
import { writeSynced } from './level.js'
import { leavesNoBytes, memoryLevels } from './levels.js'

const put = (key: string, text: string) => ({
  type: 'put' as const,
  key,
  value: Buffer.from(text),
})

describe('databases in memory', () => {
  it('hold what they held when they are opened again, as long as they are not forgotten', async () => {
    const levels = memoryLevels()
    expect(await levels.isThere(nodeDisk, '/a')).toBe(false)
    const refused = levels.open('/a', { createIfMissing: false })
    await expect(refused).rejects.toMatchObject({ code: 'JOURNAL_GAP' })
    const level = await levels.open('/a', { createIfMissing: true })
    expect(leavesNoBytes(level)).toBe(true)
    await writeSynced(level, [put('k', 'content')])
    const second = levels.open('/a', { createIfMissing: true })
    await expect(second).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: true })
    await level.close()
    expect(await levels.isThere(nodeDisk, '/a')).toBe(true)
    expect(await levels.isThere(nodeDisk, '/b')).toBe(false)
    const again = await levels.open('/a', { createIfMissing: false })
    expect(Buffer.from((await again.get('k'))!).toString()).toBe('content')
    await again.close()
    await levels.forget?.()
    expect(await levels.isThere(nodeDisk, '/a')).toBe(false)
    const anew = await levels.open('/a', { createIfMissing: true })
    expect(await anew.get('k')).toBeUndefined()
    await anew.close()
  })

  it('overwrite a value when they forget it', async () => {
    const levels = memoryLevels()
    const level = await levels.open('/a', { createIfMissing: true })
    const value = new Uint8Array(Buffer.from('content'))
    await writeSynced(level, [{ type: 'put', key: 'k', value }])
    await level.close()
    await levels.forget?.()
    // The database keeps the bytes that it was given, not a copy.
    expect([...value]).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('carry a journal, whose ranges are erased by their deletion', async () => {
    const levels = memoryLevels()
    const disk = new MemoryDisk()
    await disk.makeFolder('/store')
    const ports = { disk, clock: nodeClock, entropy: nodeEntropy }
    const level = await levels.open('/store/level', { createIfMissing: true })
    const anchorPath = '/store/anchor.json'
    const { journal } = await Journal.open({ level, anchorPath, fresh: true, ...ports })
    const body = Buffer.from('content')
    await journal.commit(() => ({ operations: [{ type: 'put', key: 't/1/a', body }] }))
    const range = { from: 't/1/', to: 't/1/~' }
    await expect(journal.eraseRanges([range])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await journal.commit(() => ({ operations: [{ type: 'del', key: 't/1/a' }] }))
    expect(await journal.eraseRanges([range])).toEqual({
      ranges: 1,
      wholeDatabase: false,
      tablesLeft: 0,
    })
    expect(await journal.filesToScan([range], '/store/level')).toEqual([])
    expect(await journal.logBytes('/store/level')).toBe(0)
    await journal.reopenLevel()
    expect(await journal.get('t/1/a')).toBeUndefined()
    await journal.close()
  })
})
