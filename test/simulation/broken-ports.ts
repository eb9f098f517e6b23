// Engines that are broken on purpose, by what stands between them and the machine. The search must catch each.

import type { Disk, DiskFile } from '@cenotaph/storage'
import type { MachinePorts } from '@cenotaph/testing'

type Level = Awaited<ReturnType<MachinePorts['levels']['open']>>

const isOfRollouts = (path: string): boolean => /\/(sessions|archived_sessions)(\/|$)/.test(path)

/** Names of rollouts are never made durable. */
export const withoutFolderSync = (ports: MachinePorts): MachinePorts => ({
  ...ports,
  disk: {
    ...ports.disk,
    syncFolder: async (path) => {
      if (!isOfRollouts(path)) await ports.disk.syncFolder(path)
    },
  },
})

/** Bytes of rollouts are never made durable, in their place or where they are staged. */
export const withoutFileSync = (ports: MachinePorts): MachinePorts => ({
  ...ports,
  disk: withFiles(ports.disk, (file) =>
    isOfRollouts(file.path) || file.path.includes('/staging/')
      ? { ...plain(file), sync: async () => {} }
      : file,
  ),
})

/** Promises resolve before the database has synced what they promise. */
export const acknowledgedBeforeSync = (ports: MachinePorts): MachinePorts =>
  withLevel(ports, (level) => {
    const batch = level.batch.bind(level) as (operations: unknown, options: object) => unknown
    return Object.assign(level, {
      batch: (operations: unknown, options: object) =>
        batch(operations, { ...options, sync: false }),
    })
  })

/** Deleted keys count as gone: nothing is compacted, and the database shows no table that could hold them. */
export const naiveErasure = (ports: MachinePorts): MachinePorts =>
  withLevel(ports, (level) =>
    Object.assign(level, { compactRange: async () => {}, getProperty: () => '' }),
  )

/** Compacts, but without the deletions that the recipe writes in between. */
export const erasureWithoutTombstones = (ports: MachinePorts): MachinePorts =>
  withLevel(ports, (level) => Object.assign(level, { getProperty: () => '' }))

/** What the engine unlinks keeps its name. */
export const withoutUnlink = (ports: MachinePorts): MachinePorts => ({
  ...ports,
  disk: { ...ports.disk, unlink: async (path) => (await ports.disk.stat(path)) !== undefined },
})

/** The tombstone of a delete is written nowhere. */
export const withoutTombstones = (ports: MachinePorts): MachinePorts => ({
  ...ports,
  disk: withFiles(ports.disk, (file) =>
    file.path.endsWith('/tombstones') ? { ...plain(file), write: async () => {} } : file,
  ),
})

/** An open file's methods, as members that can be replaced. */
const plain = (file: DiskFile): DiskFile => ({
  path: file.path,
  read: (offset, length) => file.read(offset, length),
  write: (offset, bytes) => file.write(offset, bytes),
  truncate: (length) => file.truncate(length),
  sync: () => file.sync(),
  size: () => file.size(),
  close: () => file.close(),
})

function withFiles(disk: Disk, change: (file: DiskFile) => DiskFile): Disk {
  const changed = (file: DiskFile | undefined): DiskFile | undefined => file && change(file)
  return {
    ...disk,
    create: async (path) => changed(await disk.create(path)),
    openWrite: async (path) => changed(await disk.openWrite(path)),
  }
}

const withLevel = (ports: MachinePorts, change: (level: Level) => Level): MachinePorts => ({
  ...ports,
  levels: {
    ...ports.levels,
    open: async (folder, options) => change(await ports.levels.open(folder, options)),
  },
})
