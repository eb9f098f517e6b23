// What every run begins with, so that its first commands have something to speak of: a thread with lines, one that it
// spawned, and one that was forked from it.

import { messageOf } from '../store/speaking.js'
import type { System } from './system.js'
import { modelIds } from './system.js'
import { ThreadModel } from './thread-model.js'

const [root, child, fork] = modelIds as readonly [string, string, string]

export async function beginning({ store }: System): Promise<ThreadModel> {
  const model = new ThreadModel()
  await store.createThread({ threadId: root, name: 'root', cwd: '/work' })
  await store.appendItems(root, [messageOf('text one'), messageOf('text two')])
  await store.createThread({ threadId: child, name: 'child', parentThreadId: root })
  await store.forkThread(root, { newThreadId: fork, name: 'fork' })
  await store.appendItems(fork, [messageOf('text three')])
  model.create(root, { name: 'root', parent: null })
  model.append(root, { texts: ['text one', 'text two'] })
  model.create(child, { name: 'child', parent: root })
  model.fork(root, fork, { copy: false, name: 'fork' })
  model.append(fork, { texts: ['text three'] })
  return model
}
