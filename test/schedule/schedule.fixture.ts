import path from 'node:path'
import { type DeleteOptions, openThreadStore, type ThreadStore } from '@cenotaph/core'
import { StoreError } from '@cenotaph/storage'
import { SimClock } from '@cenotaph/testing'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const yearMs = 365 * dayMs

export const message = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

export async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run
  } catch (error) {
    if (error instanceof StoreError) return error.code
    throw error
  }
  return 'resolved'
}

/** A root with one store at a time and a clock that the test steers. */
export class Bench {
  readonly root: string
  readonly clock = new SimClock()
  store!: ThreadStore

  constructor(root: string) {
    this.root = root
  }

  async open(options: Parameters<typeof openThreadStore>[1] = {}): Promise<ThreadStore> {
    this.store = await openThreadStore(this.root, {
      clock: this.clock,
      ballastBytes: 4096,
      ...options,
    })
    return this.store
  }

  async restart(whileClosed?: () => void): Promise<ThreadStore> {
    await this.store.close()
    whileClosed?.()
    return this.open()
  }

  async thread(text: string, options = {}) {
    const id = await this.store.createThread(options)
    await this.store.appendItems(id, [message(text)])
    return id
  }

  async scheduled(text: string, options: DeleteOptions = { in: '30d' }) {
    const id = await this.thread(text)
    await this.store.deleteThread(id, options)
    return id
  }

  async stateOf(id: string): Promise<string> {
    return (await this.store.status(id)).state
  }

  /** Timers start work that nobody hands out: waits until the thread is in this state. */
  async until(id: string, state: string): Promise<void> {
    while ((await this.stateOf(id)) !== state) {
      await new Promise((resolve) => setImmediate(resolve))
      // A timer that was set meanwhile, for now.
      this.clock.advance(0)
    }
  }
}

export async function withBench(
  run: (bench: Bench, folder: string) => Promise<void>,
): Promise<void> {
  const folder = temporaryFolder()
  const bench = new Bench(path.join(folder, 'root'))
  try {
    await bench.open()
    await run(bench, folder)
  } finally {
    await bench.store.close()
    removeFolder(folder)
  }
}
