import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { diskError, type Fault, failNth, faultyDisk } from './faulty-disk.fixture.js'
import { rootLayout } from './layout.js'
import { prepareRoot } from './prepare-root.js'
import { temporaryFolders } from './temporary-folder.fixture.js'

describe('prepareRoot', () => {
  const temporaryFolder = temporaryFolders()
  const layoutIn = async (...names: string[]) =>
    rootLayout(path.join(await temporaryFolder(), ...names))
  const modeOf = async (name: string) => (await nodeDisk.stat(name))?.mode
  const foldersIn = (layout: ReturnType<typeof rootLayout>) => [
    layout.sessionsFolder,
    layout.archivedFolder,
    layout.cenotaphFolder,
    layout.levelFolder,
    layout.receiptsFolder,
    layout.quarantineFolder,
    layout.stagingFolder,
  ]

  it('makes the root and every folder, private, outermost first', async () => {
    const layout = await layoutIn('a', 'b')
    const expected = [path.dirname(layout.root), layout.root, ...foldersIn(layout)]
    expect(await prepareRoot(nodeDisk, layout)).toEqual({ made: expected })
    for (const folder of expected) expect(await modeOf(folder)).toBe(0o700)
    expect(await prepareRoot(nodeDisk, layout)).toEqual({ made: [] })
  })

  it('tightens .cenotaph and leaves the modes of other folders', async () => {
    const layout = await layoutIn('store')
    await mkdir(layout.sessionsFolder, { recursive: true })
    await mkdir(layout.cenotaphFolder)
    for (const folder of [layout.root, layout.sessionsFolder, layout.cenotaphFolder])
      await chmod(folder, 0o755)
    await prepareRoot(nodeDisk, layout)
    expect(await modeOf(layout.cenotaphFolder)).toBe(0o700)
    expect(await modeOf(layout.root)).toBe(0o755)
    expect(await modeOf(layout.sessionsFolder)).toBe(0o755)
  })

  it('accepts a root that is a link to a folder', async () => {
    const target = await temporaryFolder()
    const layout = await layoutIn('link')
    await symlink(target, layout.root)
    await prepareRoot(nodeDisk, layout)
    expect((await nodeDisk.stat(path.join(target, '.cenotaph', 'receipts')))?.kind).toBe('folder')
  })

  it.each([
    ['the root', (root: string) => root],
    ['a folder around the root', path.dirname],
    ['a folder inside the root', (root: string) => path.join(root, '.cenotaph', 'receipts')],
  ])('refuses a file in the place of %s', async (_, placeOf) => {
    const layout = await layoutIn('around', 'store')
    const place = placeOf(layout.root)
    await mkdir(path.dirname(place), { recursive: true })
    await writeFile(place, 'a file')
    await expect(prepareRoot(nodeDisk, layout)).rejects.toMatchObject({
      code: 'ROOT_NOT_A_FOLDER',
      detail: { path: place },
    })
  })

  it('refuses a link that leads nowhere or to a file', async () => {
    const layout = await layoutIn('link')
    await symlink(path.join(layout.root, '..', 'target'), layout.root)
    const refusal = { code: 'ROOT_NOT_A_FOLDER' }
    await expect(prepareRoot(nodeDisk, layout)).rejects.toMatchObject(refusal)
    await writeFile(path.join(path.dirname(layout.root), 'target'), 'a file')
    await expect(prepareRoot(nodeDisk, layout)).rejects.toMatchObject(refusal)
  })

  it.each(['EACCES', 'EPERM', 'EROFS'])(
    'tells %s as a root that may not be used',
    async (errno) => {
      const { fault } = failNth(
        0,
        () => diskError(errno),
        (call) => call === 'makeFolder',
      )
      await expect(prepareRoot(faultyDisk(fault), await layoutIn('store'))).rejects.toMatchObject({
        code: 'ROOT_NOT_ACCESSIBLE',
        detail: { errno },
      })
    },
  )

  it('lets other failures of the disk through, at every effect, and succeeds afterwards', async () => {
    let failures = 0
    for (let index = 0; failures === index; index += 1) {
      const layout = await layoutIn('a', 'store')
      const { fault, reached } = failNth(index, () => diskError('EIO'))
      const code = await prepareRoot(faultyDisk(fault), layout).then(
        () => undefined,
        (error) => error.code,
      )
      expect(code).toBe(reached() ? 'DISK_ERROR' : undefined)
      if (reached()) failures += 1
      await prepareRoot(nodeDisk, layout)
      for (const folder of foldersIn(layout)) expect(await modeOf(folder)).toBe(0o700)
    }
    expect(failures).toBeGreaterThan(10)
  })

  it('makes a name durable before anything is made below it, also after a kill', async () => {
    const layout = await layoutIn('a', 'b', 'store')
    const aroundAll = path.dirname(path.dirname(path.dirname(layout.root)))
    for (let killedAt = 0; killedAt < 40; killedAt += 1) {
      const doubtful = new Set<string>()
      let effects = 0
      const watch =
        (limit: number): Fault =>
        (call, name) => {
          effects += 1
          if (effects > limit) return diskError('EIO')
          if (call === 'makeFolder') {
            if (!name.startsWith(layout.root + path.sep))
              expect([...doubtful].filter((made) => name.startsWith(made + path.sep))).toEqual([])
            doubtful.add(name)
          }
          if (call === 'syncFolder')
            for (const made of doubtful) if (path.dirname(made) === name) doubtful.delete(made)
          return undefined
        }
      await prepareRoot(faultyDisk(watch(killedAt)), layout).catch(() => {})
      effects = 0
      await prepareRoot(faultyDisk(watch(Number.POSITIVE_INFINITY)), layout)
      expect([...doubtful]).toEqual([])
      for (const folder of [...foldersIn(layout)].reverse()) await nodeDisk.removeFolder(folder)
      for (let folder = layout.root; folder !== aroundAll; folder = path.dirname(folder))
        await nodeDisk.removeFolder(folder)
    }
  })

  it('uses a root below a folder that it may not read', async () => {
    const layout = await layoutIn('store')
    await prepareRoot(nodeDisk, layout)
    const around = path.dirname(layout.root)
    const fault: Fault = (call, name) =>
      call === 'syncFolder' && name === around ? diskError('EACCES') : undefined
    expect(await prepareRoot(faultyDisk(fault), layout)).toEqual({ made: [] })
  })
})
