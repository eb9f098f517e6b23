// What a rollout's sync that is under way means to others: they wait for it, and share its failure.

import { memoryLevels } from '@cenotaph/journal'
import { type Disk, type DiskFile, MemoryDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions } from '../store.fixture.js'
import { openThreadStore } from '../store.js'

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
}

/** A disk whose calls on open rollouts stop at a gate, where there is one for the call and the file. */
class GatedDisk {
  readonly #gates = new Map<
    string,
    { readonly opened: Promise<void>; open(error?: unknown): void }
  >()
  readonly calls: string[] = []
  readonly #memory = new MemoryDisk()
  readonly disk = new Proxy<Disk>(this.#memory, {
    get: (memory, name) => {
      if (name === 'openWrite')
        return async (path: string) => this.#gated(await memory.openWrite(path))
      const member = Reflect.get(memory, name, memory)
      return typeof member === 'function' ? member.bind(memory) : member
    },
  })

  close(call: 'write' | 'sync', threadId: string): void {
    let open = (_error?: unknown): void => {}
    const opened = new Promise<void>((resolve, reject) => {
      open = (error) => (error === undefined ? resolve() : reject(error))
    })
    opened.catch(() => {})
    this.#gates.set(`${call} ${threadId}`, { opened, open })
  }

  open(call: 'write' | 'sync', threadId: string, error?: unknown): void {
    this.#gates.get(`${call} ${threadId}`)?.open(error)
    this.#gates.delete(`${call} ${threadId}`)
  }

  #gated(file: DiskFile | undefined): DiskFile | undefined {
    if (!file) return undefined
    const pass = async <T>(call: string, run: () => Promise<T>): Promise<T> => {
      const gate = [...this.#gates].find(([name]) => {
        const [gated, threadId] = name.split(' ')
        return gated === call && file.path.includes(threadId!)
      })
      this.calls.push(`${call} begins`)
      await gate?.[1].opened
      const result = await run()
      this.calls.push(`${call} ends`)
      return result
    }
    return {
      path: file.path,
      read: (offset, length) => file.read(offset, length),
      truncate: (length) => file.truncate(length),
      size: () => file.size(),
      write: (offset, bytes) => pass('write', () => file.write(offset, bytes)),
      sync: () => pass('sync', () => file.sync()),
      close: () => pass('close', () => file.close()),
    }
  }
}

/** All in memory, so that a few turns of the event loop are enough for whatever does not wait at a gate. */
const optionsOn = (gates: GatedDisk) => ({
  ...testOptions,
  referenceBytesMin: 2_000,
  disk: gates.disk,
  levels: memoryLevels(),
})

describe('a sync that is under way', () => {
  for (const fails of [false, true]) {
    it(`is waited for by a checkpoint, which ${fails ? 'fails with it and trims nothing' : 'trims what it made durable'}`, async () => {
      const gates = new GatedDisk()
      const options = optionsOn(gates)
      const store = await openThreadStore('/root', options)
      const [busy, other] = [await store.createThread(), await store.createThread()]
      await store.appendItems(busy, [message('journaled, and not durable in its rollout yet')])
      // The checkpoint waits for another append; meanwhile a large one brings its own sync of the rollout.
      gates.close('write', other)
      const append = store.appendItems(other, [message('slow')])
      await turns()
      let isDone = false
      const checkpoint = store.checkpoint().finally(() => {
        isDone = true
      })
      checkpoint.catch(() => {})
      await turns()
      gates.close('sync', busy)
      const large = store.appendItems(busy, [message('x'.repeat(4_000))])
      large.catch(() => {})
      await turns()
      gates.open('write', other)
      await append
      await turns()
      expect(isDone).toBe(false)
      gates.open('sync', busy, fails ? new StoreError('DISK_ERROR', 'worn') : undefined)
      if (fails) {
        await expect(checkpoint).rejects.toMatchObject({ code: 'STORE_FAILED' })
        await expect(large).rejects.toMatchObject({ code: 'STORE_FAILED' })
      } else {
        await checkpoint
        await large
      }
      await store.close().catch(() => {})
      const again = await openThreadStore('/root', options)
      expect((await again.verify()).problems).toEqual([])
      await again.close()
    })
  }

  it('is over before the rollout is closed for somebody who moves it', async () => {
    const gates = new GatedDisk()
    const store = await openThreadStore('/root', optionsOn(gates))
    const id = await store.createThread()
    await store.appendItems(id, [message('one')])
    gates.close('sync', id)
    gates.calls.length = 0
    const both = Promise.all([store.checkpoint(), turns().then(() => store.archiveThreads([id]))])
    await turns()
    await turns()
    gates.open('sync', id)
    await both
    expect(gates.calls).toEqual(['sync begins', 'sync ends', 'close begins', 'close ends'])
    await store.close()
  })
})
