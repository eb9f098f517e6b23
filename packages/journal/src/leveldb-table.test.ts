import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSoundTable, readableEntries } from './leveldb-table.js'

const FOOTER_BYTES = 48
let folder: string
let tables: Buffer[]
const written = new Map<string, string>()

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-table-'))
  const level = new ClassicLevel<string, string>(folder, { compression: false })
  for (let n = 0; n < 400; n += 1) {
    const key = `t/${String(n).padStart(6, '0')}/row`
    written.set(key, `value ${n} `.repeat(1 + (n % 20)))
    await level.put(key, written.get(key)!)
  }
  for (const key of [...written.keys()].filter((_, n) => n % 7 === 0)) {
    await level.del(key)
    written.delete(key)
  }
  await level.compactRange('a', 'z')
  await level.close()
  tables = readdirSync(folder)
    .filter((name) => name.endsWith('.ldb'))
    .map((name) => readFileSync(path.join(folder, name)))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a table that LevelDB wrote', () => {
  it('is sound, and its entries are those that were written', () => {
    expect(tables.length).toBeGreaterThan(0)
    const found = new Map<string, string>()
    for (const table of tables) {
      expect(isSoundTable(table)).toBe(true)
      for (const { key, value } of readableEntries(table)) {
        if (value) found.set(key, Buffer.from(value).toString())
      }
    }
    for (const [key, value] of written) expect(found.get(key)).toBe(value)
  })

  it('is not sound with any byte changed, but for the padding of its footer', () => {
    const table = tables.reduce((a, b) => (a.length > b.length ? a : b))
    let missed = 0
    for (let at = 0; at < table.length; at += 1) {
      const changed = Buffer.from(table)
      changed[at]! ^= 1 << (at % 8)
      if (!isSoundTable(changed)) continue
      missed += 1
      expect(at).toBeGreaterThan(table.length - FOOTER_BYTES)
    }
    expect(missed).toBeLessThan(FOOTER_BYTES - 8)
  })

  it('is read as far as possible whatever its bytes are, and never throws', () => {
    const table = tables[0]!
    for (let at = 0; at < table.length; at += 97) {
      const changed = Buffer.from(table)
      changed[at] = 0xff
      expect([...readableEntries(changed)].length).toBeGreaterThanOrEqual(0)
      expect([...readableEntries(table.subarray(0, at))]).toEqual([])
    }
  })
})
