import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

const command = new Command()
afterAll(() => command.remove())
const file = (name: string): string => path.join(command.folder, name)
let id = ''
beforeAll(async () => {
  ;({ threadId: id } = await command.json<{ threadId: string }>(['create', '--name', 'work']))
  writeFileSync(file('bytes'), Uint8Array.of(0, 255, 10, 13))
  writeFileSync(file('value.json'), '{"a": [1, 2]}')
})

describe('attachments', () => {
  it('are put, listed, printed and erased', async () => {
    expect(await command.json(['attachments', 'work'])).toEqual({ attachments: [] })
    await command.json(['attachments', 'put', 'work', 'log', 'raw', 'bytes'])
    await command.json(['attachments', 'put', 'work', 'goal', 'one', 'value.json', '--value-json'])
    expect(await command.json(['attachments', id])).toEqual({
      attachments: [
        { kind: 'goal', key: 'one', bytes: 11, updatedAt: expect.any(String) },
        { kind: 'log', key: 'raw', bytes: 4, updatedAt: expect.any(String) },
      ],
    })
    expect(await command.json(['attachments', id, '--kind', 'log'])).toMatchObject({
      attachments: [{ kind: 'log' }],
    })
    expect((await command.run(['attachments', 'work'])).stdout).toMatch(/goal +one +11 B/)
    expect(await command.json(['attachments', 'get', 'work', 'goal', 'one'])).toMatchObject({
      value: { a: [1, 2] },
    })
    expect(await command.json(['attachments', 'get', 'work', 'log', 'raw'])).toMatchObject({
      base64: readFileSync(file('bytes')).toString('base64'),
    })
    expect((await command.run(['attachments', 'get', 'work', 'goal', 'one'])).stdout).toBe(
      '{"a":[1,2]}\n',
    )
    expect(await command.json(['attachments', 'delete', 'work', 'log', 'raw'])).toMatchObject({
      deleted: true,
    })
    expect((await command.run(['attachments', 'get', 'work', 'log', 'raw'])).status).toBe(1)
    expect(await command.json(['attachments', 'delete', 'work', 'log', 'raw'])).toMatchObject({
      deleted: false,
    })
  })

  it('refuse what they cannot store', async () => {
    const missing = await command.run(['attachments', 'put', 'work', 'k', 'k', 'nothing'])
    expect(missing.status).toBe(2)
    const noJson = await command.run([
      'attachments',
      'put',
      'work',
      'k',
      'k',
      'bytes',
      '--value-json',
    ])
    expect(noJson.status).toBe(2)
    writeFileSync(file('large'), Buffer.alloc(1024 * 1024 + 1))
    const large = ['attachments', 'put', 'work', 'k', 'k', 'large']
    expect(await command.failure(large)).toMatchObject({ status: 1, code: 'ATTACHMENT_TOO_LARGE' })
    expect(await command.failure(['attachments', 'nobody'])).toMatchObject({
      code: 'THREAD_NOT_FOUND',
    })
  })
})
