import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { line, Rig, temporaryFolder } from './journal.fixture.js'
import { BLOCK_BYTES } from './leveldb-log.js'
import { scanFile } from './scan.js'

/** What a second process meets when it opens the folder. */
function openElsewhere(folder: string): string {
  const built = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  const program = `
    import { openLevel } from ${JSON.stringify(built)}
    try {
      const level = await openLevel(${JSON.stringify(folder)}, { createIfMissing: false })
      await level.close()
      console.log('opened')
    } catch (error) { console.log(error.code, error.retryable) }`
  const options = { input: program, encoding: 'utf8' } as const
  return execFileSync(process.execPath, ['--input-type=module', '-'], options).trim()
}

describe('the scan of a file', () => {
  it('finds a probe that a block of the log splits, which a plain search misses', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const probe = 'a probe of a deleted thread, 32 bytes or more'
    const log = () =>
      path.join(rig.folder, readdirSync(rig.folder).find((f) => f.endsWith('.log'))!)
    const begin = readFileSync(log()).length
    await journal.append(line('a', 'first text'))
    const before = readFileSync(log())
    const overhead = before.indexOf('first text') - begin
    // Twenty bytes of the probe, give or take a few, come before the end of the first block.
    const filler = BLOCK_BYTES - 20 - before.length - overhead
    await journal.append(line('a', `${'y'.repeat(filler)}${probe}`))
    const bytes = readFileSync(log())
    expect(bytes.includes(probe)).toBe(false)
    expect(await scanFile(nodeDisk, log(), [Buffer.from('absent'), Buffer.from(probe)])).toEqual({
      bytes: bytes.length,
      hits: [{ file: log(), probe: 1 }],
    })
    await journal.close()
  })

  it('finds a probe across its own chunks, at both ends, and reports each once', async () => {
    const file = path.join(temporaryFolder(), 'table.ldb')
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, '.')
    const probes = ['at the start', 'across a chunk', 'at the very end', 'not there'].map((some) =>
      Buffer.from(some),
    )
    bytes.set(probes[0]!, 0)
    bytes.set(probes[1]!, 1024 * 1024 - 5)
    bytes.set(probes[1]!, 2 * 1024 * 1024 - 13)
    bytes.set(probes[2]!, bytes.length - probes[2]!.length)
    writeFileSync(file, bytes)
    const { bytes: read, hits } = await scanFile(nodeDisk, file, probes)
    expect(read).toBe(bytes.length)
    expect(hits).toEqual([0, 1, 2].map((probe) => ({ file, probe })))
  })

  it('finds nothing in a file that is gone', async () => {
    const file = path.join(temporaryFolder(), '000007.log')
    expect(await scanFile(nodeDisk, file, [Buffer.from('x')])).toEqual({
      bytes: undefined,
      hits: [],
    })
  })

  it('never opens LOCK, so a second process still meets the lock after a scan of the folder', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    await journal.append(line('a', 'text'))
    expect(openElsewhere(rig.folder)).toBe('STORE_LOCKED true')
    const everything = [{ from: '\u0000', to: '\u{10ffff}' }]
    const files = await journal.filesToScan(everything, rig.folder)
    const names = files.map((file) => path.basename(file))
    expect(names.sort()).toEqual(readdirSync(rig.folder).filter((name) => name !== 'LOCK'))
    for (const file of files) await scanFile(nodeDisk, file, [Buffer.from('text')])
    await expect(
      scanFile(nodeDisk, path.join(rig.folder, 'LOCK'), [Buffer.from('x')]),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(openElsewhere(rig.folder)).toBe('STORE_LOCKED true')
    // The rig can fail: a plain read of LOCK does let the second process in.
    readFileSync(path.join(rig.folder, 'LOCK'))
    expect(openElsewhere(rig.folder)).toBe('opened')
    await journal.close()
  })
})
