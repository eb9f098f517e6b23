// A real store in a temporary folder, for tests.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ThreadStoreOptions } from './options.js'
import { openThreadStore, type ThreadStore } from './store.js'

/** Small ballast: tests do not run out of disk unless they mean to. */
export const testOptions: ThreadStoreOptions = { ballastBytes: 4096 }

export async function withRoot<T>(run: (root: string) => Promise<T>): Promise<T> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-core-'))
  try {
    return await run(path.join(folder, 'root'))
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
}

export async function withStore<T>(
  run: (store: ThreadStore, root: string) => Promise<T>,
  options: ThreadStoreOptions = {},
): Promise<T> {
  return withRoot(async (root) => {
    const store = await openThreadStore(root, { ...testOptions, ...options })
    try {
      return await run(store, root)
    } finally {
      await store.close()
    }
  })
}

export const message = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

export async function textsOf(store: ThreadStore, threadId: string): Promise<string[]> {
  const texts: string[] = []
  for await (const { type, payload } of store.listItems(threadId)) {
    const content = (payload as { content?: { text: string }[] }).content
    if (type === 'response_item' && content) texts.push(content[0]!.text)
  }
  return texts
}
