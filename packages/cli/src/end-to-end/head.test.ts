import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

const command = new Command()
afterAll(() => command.remove())

describe('head', () => {
  it('ties a receipt to a later head, and refuses another log', async () => {
    const { threadId } = await command.json<{ threadId: string }>(['create', '--name', 'Garden'])
    const { receipt } = await command.json<{ receipt: object }>(['delete', threadId, '--yes'])
    const receiptFile = path.join(command.folder, 'receipt.json')
    const headFile = path.join(command.folder, 'head.json')
    writeFileSync(receiptFile, JSON.stringify(receipt))
    await command.json(['create', '--name', 'Chart'])
    const head = await command.json<{ rootHash: string }>(['head', '--since', receiptFile])
    writeFileSync(headFile, JSON.stringify(head))
    const words = ['receipt', 'verify', receiptFile, '--head', headFile]
    expect(await command.json(words)).toMatchObject({ ok: true, problems: [] })
    writeFileSync(headFile, JSON.stringify({ ...head, rootHash: '0'.repeat(64) }))
    const refused = await command.run([...words, '--json'])
    expect(refused.status).toBe(1)
    const { problems } = JSON.parse(refused.stdout) as { problems: string[] }
    expect(problems).toHaveLength(2)
    // A head continues an earlier head as well as a receipt; anything else is a usage error.
    writeFileSync(headFile, JSON.stringify(head))
    await command.json(['head', '--since', headFile])
    writeFileSync(headFile, '{}')
    expect(await command.failure(['head', '--since', headFile])).toMatchObject({ status: 2 })
    writeFileSync(headFile, 'not JSON')
    const words2 = ['receipt', 'verify', receiptFile, '--head', headFile, '--json']
    expect((await command.run(words2)).status).toBe(1)
  })
})
