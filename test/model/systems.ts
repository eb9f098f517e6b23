// Systems that run beside the model: the engine on a simulated machine, with every effect in its turn or without, and in
// memory; and stores that are wrong in one thing.

import { openThreadStore, restoreBackup, type ThreadStore } from '@cenotaph/core'
import { type Codec, encodeSeekable, memorySource, nativeCodec } from '@cenotaph/rollout'
import { MemoryDisk } from '@cenotaph/storage'
import {
  type MachinePorts,
  newMachine,
  type OpenedSystem,
  portsOf,
  powerLost,
  SimClock,
  SimLevelFolder,
  type Turns,
  type WholeThreadStore,
} from '@cenotaph/testing'

const options = { ballastBytes: 512, quietMs: 3_600_000, bufferedMs: 3_600_000 }

/** What stands between the model and a store; nothing by default. */
export type Change = (store: ThreadStore, turns: Turns | undefined) => Partial<WholeThreadStore>

const unchanged: Change = () => ({})

export interface MachineOptions {
  readonly turns?: Turns
  readonly change?: Change
  /** With which a backup is restored; those of the store by default. */
  readonly tombstones?: string
  /** What is done to a restored store before anybody sees it. */
  readonly restored?: (store: ThreadStore) => Promise<void>
}

/**
 * Opening again is a crash: of what was not made durable nothing stays. With `turns`, every effect on disk and database,
 * and every read of rows, waits for its turn.
 */
export async function onMachine({
  turns,
  change = unchanged,
  tombstones = '/store/.cenotaph/tombstones',
  restored: changeRestored,
}: MachineOptions = {}): Promise<OpenedSystem> {
  // What is loaded with the first frame would be loaded in nobody's turn.
  if (turns) await encodeSeekable(memorySource(Buffer.from('a frame')), async () => {})
  let machine = newMachine()
  const newRoot = folders('/restored')
  const inTurn = <T>(effect: string, run: () => Promise<T>): Promise<T> =>
    turns ? turns.work(effect, run) : run()
  const clock = new SimClock(machine.startMs)
  const open = async () => {
    const ports = portsOf(machine, async (effect, where, run) => {
      await turns?.wait(`${effect} ${where}`)
      return run()
    })
    const codec: Codec = {
      compress: (content) => inTurn('compress', () => nativeCodec.compress(content)),
      decompress: (stored) => inTurn('decompress', () => nativeCodec.decompress(stored)),
    }
    const levels = turns ? { ...ports.levels, open: readingInTurns(ports, turns) } : ports.levels
    return openThreadStore('/store', { ...options, ...ports, levels, codec, clock })
  }
  let store = await open()
  let changed = withChange(store, change, turns)
  return {
    get store() {
      return changed
    },
    async reopen() {
      machine = powerLost(machine)
      store = await open()
      changed = withChange(store, change, turns)
    },
    pass: (ms) => clock.advance(ms),
    folder: folders('/exports'),
    async restored(backup) {
      const root = newRoot()
      // Another database on the same disk.
      const ports = portsOf({ ...machine, level: new SimLevelFolder() }, (_effect, _where, run) =>
        run(),
      )
      const given = { ...options, ...ports, clock }
      await restoreBackup(backup, root, { tombstones }, given)
      const restored = await openThreadStore(root, given)
      await changeRestored?.(restored)
      return { store: restored, close: () => restored.close() }
    },
    close: () => store.close(),
  }
}

const readingInTurns =
  ({ levels }: MachinePorts, turns: Turns): MachinePorts['levels']['open'] =>
  async (folder, openOptions) => {
    const level = await levels.open(folder, openOptions)
    const getMany = level.getMany.bind(level) as (...given: unknown[]) => Promise<never>
    return Object.assign(level, {
      async getMany(...given: unknown[]) {
        await turns.wait('read of the database')
        return getMany(...given)
      },
    })
  }

export async function inMemory(change = unchanged): Promise<OpenedSystem> {
  const clock = new SimClock()
  const disk = new MemoryDisk({ clock })
  const memory = { ...options, clock, disk, persistence: 'none' } as const
  const store = await openThreadStore('/nowhere', memory)
  return {
    store: withChange(store, change, undefined),
    reopen: () => store.reopen(),
    livesOn: true,
    pass: (ms) => clock.advance(ms),
    folder: folders('/exports'),
    close: () => store.close(),
  }
}

/** A store in memory leaves no backup on a disk, and has no threads that are more in memory than others. */
export const supportsInMemory = { backup: false, ephemeral: false } as const

/** What may be under way at once. */
export const supportsAtOnce = {
  // What is on disk and what is in memory are committed one after the other.
  ephemeral: false,
  // Compared while nothing else is under way: other programs do it.
  backup: false,
} as const

function folders(parent: string): () => string {
  let made = 0
  return () => {
    made += 1
    return `${parent}/${made}`
  }
}

function withChange(
  store: ThreadStore,
  change: Change,
  turns: Turns | undefined,
): WholeThreadStore {
  const changes = change(store, turns)
  if (Object.keys(changes).length === 0) return store
  return new Proxy<WholeThreadStore>(store, {
    get(_target, name) {
      const member = Reflect.get(store, name, store)
      const changed = changes[name as keyof WholeThreadStore]
      return changed ?? (typeof member === 'function' ? member.bind(store) : member)
    },
  })
}
