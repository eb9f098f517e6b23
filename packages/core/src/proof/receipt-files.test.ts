import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { beforeAll, describe, expect, it } from 'vitest'
import { diskError, failNth, faultyDisk } from '../root/faulty-disk.fixture.js'
import { temporaryFolders } from '../root/temporary-folder.fixture.js'
import { bodyOf, keyOf, seal } from './receipt.fixture.js'
import { listReceiptIds, listReceipts, readReceipt, writeReceipt } from './receipt-files.js'
import type { Receipt } from './receipt-types.js'

const idOf = (n: number) => `01J0000000000000000000001${n}`
let receipts: Receipt[]

beforeAll(async () => {
  const key = await keyOf(1)
  receipts = await Promise.all([0, 1, 2].map((n) => seal(key, bodyOf(key, { receiptId: idOf(n) }))))
})

describe('receipt files', () => {
  const temporaryFolder = temporaryFolders()

  it('are private, indented JSON that reads back the same', async () => {
    const folder = await temporaryFolder()
    await writeReceipt(nodeDisk, folder, receipts[0]!)
    const file = path.join(folder, `${idOf(0)}.json`)
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(receipts[0], undefined, 2)}\n`)
    expect((await nodeDisk.stat(file))?.mode).toBe(0o600)
    expect(await readReceipt(nodeDisk, folder, idOf(0))).toEqual(receipts[0])
    expect(await readReceipt(nodeDisk, folder, idOf(1))).toBeUndefined()
  })

  it('are listed oldest first, without what is no receipt', async () => {
    const folder = await temporaryFolder()
    for (const n of [2, 0, 1]) await writeReceipt(nodeDisk, folder, receipts[n]!)
    for (const name of ['notes.txt', `${idOf(3)}.json.tmp`, 'x.json'])
      await writeFile(path.join(folder, name), 'x')
    await nodeDisk.makeFolder(path.join(folder, `${idOf(4)}.json`))
    expect(await listReceiptIds(nodeDisk, folder)).toEqual([0, 1, 2].map(idOf))
    expect(await listReceipts(nodeDisk, folder)).toEqual({ receipts, damaged: [] })
    const missing = path.join(folder, 'missing')
    expect(await listReceipts(nodeDisk, missing)).toEqual({ receipts: [], damaged: [] })
  })

  it('are told apart from damaged ones', async () => {
    const folder = await temporaryFolder()
    for (const receipt of receipts) await writeReceipt(nodeDisk, folder, receipt)
    const file = path.join(folder, `${idOf(1)}.json`)
    const text = await readFile(file, 'utf8')
    const damages: (string | Uint8Array)[] = [
      '',
      text.slice(0, 900),
      text.replace('"residue": 0', '"residue": 1'),
      text.replace(idOf(1), idOf(2)),
      await readFile(path.join(folder, `${idOf(2)}.json`)),
      Buffer.from(text).fill(0xff, 300, 301),
    ]
    for (const damage of damages) {
      await writeFile(file, damage)
      const error = { code: 'RECEIPT_INVALID', detail: { receiptId: idOf(1) } }
      await expect(readReceipt(nodeDisk, folder, idOf(1))).rejects.toMatchObject(error)
      const listed = await listReceipts(nodeDisk, folder)
      expect(listed.receipts).toEqual([receipts[0], receipts[2]])
      expect(listed.damaged).toMatchObject([{ receiptId: idOf(1), error }])
    }
  })

  it('never lie outside of their folder', async () => {
    const folder = await temporaryFolder()
    for (const receiptId of [
      '',
      '..',
      '../key',
      `../${idOf(0)}`,
      `${idOf(0)}/x`,
      idOf(0).toLowerCase(),
    ]) {
      const refusal = { code: 'ARGUMENT_INVALID' }
      await expect(readReceipt(nodeDisk, folder, receiptId)).rejects.toMatchObject(refusal)
      const receipt = { ...receipts[0]!, receiptId }
      await expect(writeReceipt(nodeDisk, folder, receipt)).rejects.toMatchObject(refusal)
    }
    expect(await nodeDisk.list(folder)).toEqual([])
  })

  it('are the old or the new one, whichever effect of writing fails', async () => {
    const key = await keyOf(1)
    const newer = await seal(key, bodyOf(key, { receiptId: idOf(0), items: 13 }))
    let failures = 0
    for (let index = 0; failures === index; index += 1) {
      const folder = await temporaryFolder()
      await writeReceipt(nodeDisk, folder, receipts[0]!)
      const { fault, reached } = failNth(index, () => diskError('EIO'))
      const code = await writeReceipt(faultyDisk(fault), folder, newer).catch((error) => error.code)
      expect(code).toBe(reached() ? 'DISK_ERROR' : undefined)
      if (reached()) failures += 1
      const found = await readReceipt(nodeDisk, folder, idOf(0))
      expect(reached() ? [receipts[0], newer] : [newer]).toContainEqual(found)
    }
    expect(failures).toBeGreaterThan(4)
  })
})
