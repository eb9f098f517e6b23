// Rollout files as Codex lays them, for what is imported or measured as a file.

import { createWriteStream } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { encodeLine, parseThreadId, rolloutFileName } from '@cenotaph/rollout'

/**
 * Writes a rollout that ends when it has so many lines, or at least so many bytes.
 *
 * @param {string} home
 * @param {object} about
 * @param {number} about.number Of the thread; its id follows from it.
 * @param {() => import('./corpus.mjs').Item} about.next
 * @param {number} [about.lines]
 * @param {number} [about.bytes]
 */
export async function writeRollout(home, about) {
  const { number, next, lines = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = about
  const threadId = threadIdOf(number)
  let atMs = Date.UTC(2026, 2, 14, 9, 26, 53) + number * 61_000
  const localTime = new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = path.join(home, 'sessions', ...localTime.slice(0, 10).split('-'))
  await fs.mkdir(folder, { recursive: true })
  const file = path.join(folder, rolloutFileName({ localTime, threadId }))
  const stream = createWriteStream(file)
  let written = 0
  for (let ordinal = 0; ordinal < lines && written < bytes; ordinal += 1) {
    const timestamp = new Date(atMs).toISOString()
    const { type, payload } = ordinal === 0 ? sessionMeta(threadId, timestamp, number) : next()
    const line = encodeLine({ timestamp, ordinal, type, payload: JSON.stringify(payload) })
    written += line.length
    atMs += 1_700
    if (!stream.write(line))
      await new Promise((resolve) => stream.once('drain', () => resolve(true)))
  }
  stream.end()
  await finished(stream)
  return { threadId, file, bytes: written }
}

/** @param {number} number */
function threadIdOf(number) {
  const id = parseThreadId(`019cebac-7590-7000-8000-${number.toString(16).padStart(12, '0')}`)
  if (!id) throw new Error(`no id for thread ${number}`)
  return id
}

/**
 * @param {string} id
 * @param {string} timestamp
 * @param {number} number
 */
const sessionMeta = (id, timestamp, number) => ({
  type: 'session_meta',
  payload: {
    session_id: id,
    id,
    timestamp,
    cwd: `/home/dev/project-${number % 50}`,
    originator: 'codex_cli_rs',
    cli_version: '0.169.0',
    source: 'cli',
    model_provider: 'example',
    base_instructions: { text: 'Help with the code in this folder.' },
    history_mode: 'paginated',
  },
})
