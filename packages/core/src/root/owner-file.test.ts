import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { readOwner, removeOwner, writeOwner } from './owner-file.js'
import { temporaryFolders } from './temporary-folder.fixture.js'

const owner = { pid: 4711, host: 'build-3', since: '2026-03-04T05:06:07.000Z' }

describe('owner file', () => {
  const temporaryFolder = temporaryFolders()
  const ownerPath = async () => path.join(await temporaryFolder(), 'owner.json')

  it('tells who owns the store until it is removed', async () => {
    const file = await ownerPath()
    expect(await readOwner(nodeDisk, file)).toBeUndefined()
    await writeOwner(nodeDisk, file, owner)
    expect(await readOwner(nodeDisk, file)).toEqual(owner)
    expect((await nodeDisk.stat(file))?.mode).toBe(0o600)
    await removeOwner(nodeDisk, file)
    expect(await nodeDisk.stat(file)).toBeUndefined()
    await removeOwner(nodeDisk, file)
  })

  it('replaces what a crashed owner left behind', async () => {
    const file = await ownerPath()
    await writeOwner(nodeDisk, file, owner)
    await writeOwner(nodeDisk, file, { ...owner, pid: 12 })
    expect(await readOwner(nodeDisk, file)).toEqual({ ...owner, pid: 12 })
  })

  it.each(['', '{', 'null', '[]', '{"pid":"1","host":"a","since":"b"}', '{"pid":1}'])(
    'knows nobody where the file holds %j',
    async (text) => {
      const file = await ownerPath()
      await writeFile(file, text)
      expect(await readOwner(nodeDisk, file)).toBeUndefined()
    },
  )
})
