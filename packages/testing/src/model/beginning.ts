// What every run begins with, so that its first commands have something to speak of: a thread with lines, one that it
// spawned, and one that was forked from it; the last two where the store can.

import { messageOf } from '../store/speaking.js'
import type { WhatIsSupported } from './supports.js'
import type { System } from './system.js'
import { modelIds } from './system.js'
import { ThreadModel } from './thread-model.js'
import { textsAgain } from './verbs.js'

const [root, child, fork] = modelIds as readonly [string, string, string]

export async function beginning(
  { store }: Pick<System, 'store'>,
  { spawn, fork: forks }: WhatIsSupported,
): Promise<ThreadModel> {
  const model = new ThreadModel()
  await store.createThread({ threadId: root, name: 'root', cwd: '/work' })
  await store.appendItems(root, [messageOf(textsAgain[0]), messageOf('text two')])
  model.create(root, { name: 'root', parent: null })
  model.append(root, { texts: [textsAgain[0], 'text two'] })
  if (spawn) {
    await store.createThread({ threadId: child, name: 'child', parentThreadId: root })
    model.create(child, { name: 'child', parent: root })
  }
  if (forks) {
    await store.forkThread(root, { newThreadId: fork, name: 'fork' })
    await store.appendItems(fork, [messageOf('text three')])
    model.fork(root, fork, { copy: false, name: 'fork' })
    model.append(fork, { texts: ['text three'] })
  }
  return model
}
