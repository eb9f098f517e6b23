// Stores of many threads. A thread has a name, a folder, a first message, a time of its own; one in ten is archived, one
// in twenty was spawned by another. The same number of threads is always the same list.

import { openThreadStore } from '@cenotaph/core'
import { nodeClock } from '@cenotaph/storage'
import { unsyncedDisk, unsyncedLevels } from './unsynced.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */

const CALLERS = 64
const FOLDERS = 50
const WORDS = ['parser', 'socket', 'migration', 'flaky test', 'login page', 'memory leak', 'docs']

/**
 * @typedef {object} FilledThread
 * @property {string} id
 * @property {string} name
 * @property {string} preview
 * @property {string} cwd
 * @property {boolean} archived
 * @property {string | null} parent
 * @property {number} createdMs
 * @property {number} updatedMs
 */

/** A name that one thread in a hundred has a part of, for searches. */
export const rareWord = 'quarterly'

/** @param {number} number */
export const cwdOf = (number) => `/home/dev/project-${number % FOLDERS}`

/**
 * Fills a new store at `root`, and closes it.
 *
 * @param {string} root
 * @param {number} count
 * @param {{ readonly textBytes?: number, readonly plain?: boolean }} [options] `plain`: none archived, none spawned
 * @returns {Promise<readonly FilledThread[]>} in the order in which they were made
 */
export async function fillStore(root, count, { textBytes = 200, plain = false } = {}) {
  const store = await openThreadStore(root, {
    disk: unsyncedDisk,
    levels: unsyncedLevels,
    clock: spreadClock(count),
  })
  /** @type {Map<number, Promise<FilledThread>>} */
  const made = new Map()
  let begun = 0
  const maker = async () => {
    while (begun < count) {
      begun += 1
      const number = begun
      const parent = !plain && number % 20 === 7 ? made.get(number - (number % 200) + 1) : undefined
      const making = makeThread(store, number, { textBytes, parent })
      made.set(number, making)
      await making
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, maker))
  const threads = await Promise.all(made.values())
  const archived = plain ? [] : threads.filter((_, index) => index % 10 === 2)
  for (let start = 0; start < archived.length; start += 500) {
    const some = archived.slice(start, start + 500)
    await store.archiveThreads(some.map(({ id }) => id))
    for (const thread of some) thread.archived = true
  }
  await store.close()
  return threads
}

/**
 * @param {ThreadStore} store
 * @param {number} number
 * @param {{ readonly textBytes: number, readonly parent: Promise<FilledThread> | undefined }} about
 * @returns {Promise<FilledThread>}
 */
async function makeThread(store, number, { textBytes, parent: spawning }) {
  const parent = (await spawning)?.id ?? null
  const name = `${WORDS[number % WORDS.length]} ${number % 100 === 0 ? `${rareWord} ` : ''}${number}`
  const cwd = cwdOf(number)
  const text = `Look into the ${name} please. ${'word '.repeat(Math.ceil(textBytes / 5))}`
  const id = await store.createThread({ cwd, name, ...(parent ? { parentThreadId: parent } : {}) })
  await store.appendItems(id, [
    {
      type: 'response_item',
      payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    },
  ])
  const view = await store.readThread(id)
  if (!view) throw new Error(`thread ${number} is not there`)
  return {
    id,
    name,
    preview: view.preview ?? '',
    cwd,
    archived: false,
    parent,
    createdMs: Date.parse(view.createdAt),
    updatedMs: Date.parse(view.updatedAt ?? view.createdAt),
  }
}

/**
 * Threads of many days, the last of them of now.
 *
 * @param {number} count
 * @returns {import('@cenotaph/storage').Clock}
 */
function spreadClock(count) {
  const STEP_MS = 1_000
  let nowMs = Date.now() - count * 8 * STEP_MS
  return {
    ...nodeClock,
    wallMs: () => {
      nowMs = Math.min(nowMs + STEP_MS, Date.now())
      return nowMs
    },
  }
}
