// The calls that made docs/example-receipt.json, so that they can be made again and compared.

import path from 'node:path'
import { openThreadStore, type Participant, type Receipt } from '@cenotaph/core'

/** What a host keeps in memory about threads. */
const memories = new Map<string, string>()

const participant: Participant = {
  name: 'memories',
  async erase(ids) {
    for (const id of ids) memories.delete(id)
  },
  verify: async (ids) => ids.filter((id) => memories.has(id)),
}

const say = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

/** A thread with two messages, its child, a fork by reference, a participant and a backup; then one delete. */
export async function exampleReceipt(
  folder: string,
): Promise<{ receipt: Receipt; publicKey: string }> {
  const store = await openThreadStore(path.join(folder, 'root'), {
    requestedBy: 'ops@example.org',
    participants: [participant],
  })
  try {
    const garden = await store.createThread({ cwd: '/home/ada/notes', name: 'Garden plan' })
    await store.appendItems(garden, [
      say('Which beans climb well on a fence that faces north?'),
      say('And which of them shall I sow in the cold frame in March?'),
    ])
    await store.createThread({ parentThreadId: garden })
    await store.forkThread(garden)
    memories.set(garden, 'has a fence that faces north')
    await store.backup(path.join(folder, 'copy'))
    const { receipt } = await store.deleteThread(garden, {
      forks: 'detach',
      reason: 'request 2041 of the account owner',
    })
    if (!receipt) throw new Error('the delete has not ended')
    return { receipt, publicKey: store.publicKey }
  } finally {
    await store.close()
  }
}
