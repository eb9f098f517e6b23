// Engines that are broken on purpose, by what stands between them and the machine. The search must catch each. They are
// sound until the search begins: what is caught is what the program does, and not what was there before it.

import type { Disk } from '@cenotaph/storage'
import type { MachinePorts } from '@cenotaph/testing'
import { withFiles } from '../support/replaced-files.js'

type Level = Awaited<ReturnType<MachinePorts['levels']['open']>>

export type Break = (ports: MachinePorts, isBroken: () => boolean) => MachinePorts

/** Each with the program that must catch it. */
export const brokenPorts: readonly (readonly [name: string, program: string, ports: Break])[] = [
  ['no fsync of a folder', 'create', withoutFolderSync],
  ['no fsync of a folder after a move', 'archive a tree and bring it back', withoutFolderSync],
  ['no fsync of a folder after an unlink', 'delete of one thread', withoutFolderSync],
  ['no fsync of a file', 'fork by copy', withoutFileSync],
  ['no fsync before the journal is trimmed', 'checkpoint between appends', withoutFileSync],
  ['acknowledged before the sync', 'append', acknowledgedBeforeSync],
  ['a delete acknowledged before the sync', 'delete of one thread', acknowledgedBeforeSync],
  ['naive erasure', 'append, then delete', naiveErasure],
  ['erasure without tombstones', 'delete of one thread', erasureWithoutTombstones],
  ['no unlink', 'delete of one thread', withoutUnlink],
  ['no tombstone', 'delete of one thread', withoutTombstones],
]

const isOfRollouts = (path: string): boolean => /\/(sessions|archived_sessions)(\/|$)/.test(path)

/** Names of rollouts are never made durable. */
function withoutFolderSync(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  return withDisk(ports, {
    syncFolder: async (path) => {
      if (!isBroken() || !isOfRollouts(path)) await ports.disk.syncFolder(path)
    },
  })
}

/** Bytes of rollouts are never made durable, in their place or where they are staged. */
function withoutFileSync(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  const isMeant = (path: string): boolean => isOfRollouts(path) || path.includes('/staging/')
  const disk = withFiles(ports.disk, (file) =>
    isMeant(file.path) ? { sync: async () => (isBroken() ? undefined : file.sync()) } : undefined,
  )
  return { ...ports, disk }
}

/** Promises resolve before the database has synced what they promise. */
function acknowledgedBeforeSync(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  return withLevel(ports, (level) => {
    const batch = level.batch.bind(level) as (operations: unknown, options: object) => unknown
    return Object.assign(level, {
      batch: (operations: unknown, options: object) =>
        batch(operations, isBroken() ? { ...options, sync: false } : options),
    })
  })
}

/** Deleted keys count as gone: nothing is compacted, and the database shows no table that could hold them. */
function naiveErasure(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  const lazy = (level: Level): Level => {
    const compactRange = level.compactRange.bind(level)
    return Object.assign(level, {
      compactRange: async (...range: Parameters<Level['compactRange']>) =>
        isBroken() ? undefined : compactRange(...range),
    })
  }
  return withLevel(erasureWithoutTombstones(ports, isBroken), lazy)
}

/** Compacts, but without the deletions that the recipe writes in between. */
function erasureWithoutTombstones(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  return withLevel(ports, (level) => {
    const getProperty = level.getProperty.bind(level)
    return Object.assign(level, {
      getProperty: (name: string) => (isBroken() ? '' : getProperty(name)),
    })
  })
}

/** What the engine unlinks keeps its name. */
function withoutUnlink(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  return withDisk(ports, {
    unlink: async (path) =>
      isBroken() ? (await ports.disk.stat(path)) !== undefined : ports.disk.unlink(path),
  })
}

/** The tombstone of a delete is written nowhere. */
function withoutTombstones(ports: MachinePorts, isBroken: () => boolean): MachinePorts {
  const disk = withFiles(ports.disk, (file) =>
    file.path.endsWith('/tombstones')
      ? { write: async (at, bytes) => (isBroken() ? undefined : file.write(at, bytes)) }
      : undefined,
  )
  return { ...ports, disk }
}

const withDisk = (ports: MachinePorts, changes: Partial<Disk>): MachinePorts => ({
  ...ports,
  disk: { ...ports.disk, ...changes },
})

const withLevel = (ports: MachinePorts, change: (level: Level) => Level): MachinePorts => ({
  ...ports,
  levels: {
    ...ports.levels,
    open: async (folder, options) => change(await ports.levels.open(folder, options)),
  },
})
