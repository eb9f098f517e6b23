// What a delete leaves. 500 records out of 1,000 are deleted, and every byte of every file is searched for them: once as
// each store is used by default, once with all that it knows against remains. Each record has a text of its own, repeated
// every 64 bytes; it is found again if one of them is. Cenotaph deletes as ever, and has no such settings.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { foundAgain } from '../harness/found-again.mjs'
import { messageItem } from '../harness/items.mjs'
import { installedPeers } from '../peers/index.mjs'

/** @typedef {import('../harness/run.mjs').Run} Run */
/** @typedef {import('../peers/peer.mjs').Peer} Peer */
/** @typedef {{ records: number, copies: number }} Remains */

const GROUP = 50

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'erasure',
  about: 'deleted records that are found again in the files, of Cenotaph and of its peers',
  options: {
    rounds: { default: '3', smoke: '1', about: 'rounds, a fresh store of each kind in each' },
    records: { default: '500', smoke: '20', about: 'records that are deleted; as many are kept' },
  },

  async measure(run) {
    const peers = await installedPeers(run)
    const records = run.number('records')
    for (const thorough of [false, true]) {
      const sides = [
        {
          name: 'cenotaph',
          settings: '',
          leave: (/** @type {string} */ folder) => leaveOurs(folder, records),
        },
        ...peers.map((peer) => ({
          name: peer.name,
          settings: thorough ? peer.reclaiming : peer.settings,
          leave: (/** @type {string} */ folder) => leaveOfPeer(peer, folder, { records, thorough }),
        })),
      ]
      const measured = sides.map(({ name, settings }) => ({
        name,
        settings,
        records: /** @type {number[]} */ ([]),
        copies: /** @type {number[]} */ ([]),
      }))
      for (let round = 0; round < run.number('rounds'); round += 1) {
        for (const [index, side] of sides.entries()) {
          const folder = await fs.mkdtemp(path.join(run.folder, 'erasure-'))
          const remains = await side.leave(folder)
          measured[index]?.records.push(remains.records)
          measured[index]?.copies.push(remains.copies)
          await fs.rm(folder, { recursive: true })
        }
      }
      recordSides(run, { thorough, records, measured })
    }
  },
}

/**
 * @param {Run} run
 * @param {object} outcome
 * @param {boolean} outcome.thorough
 * @param {number} outcome.records
 * @param {readonly { name: string, settings: string, records: number[], copies: number[] }[]} outcome.measured
 */
function recordSides(run, { thorough, records, measured }) {
  const how = thorough ? 'thorough' : 'default'
  for (const [kind, title] of /** @type {const} */ ([
    ['records', `of ${records} deleted records found, ${how}`],
    ['copies', `their copies in all files, ${how}`],
  ])) {
    run.record({
      name: `${how}-${kind}`,
      title,
      unit: kind,
      better: 'less',
      counted: true,
      sides: measured.map(({ name, settings, [kind]: rounds }) => ({ name, settings, rounds })),
    })
  }
}

/** @param {number} number */
const textOf = (number) => {
  const own = `record-${String(number).padStart(8, '0')}-${'q'.repeat(15)} `.padEnd(64, 'z')
  return own.repeat(8)
}

/**
 * @param {string} folder
 * @param {number} records
 * @returns {Promise<Remains>}
 */
async function leaveOurs(folder, records) {
  const store = await openThreadStore(folder)
  /** @type {Map<number, string>} */
  const ids = new Map()
  for (let start = 0; start < records * 2; start += GROUP) {
    await Promise.all(
      numbersFrom(start, Math.min(GROUP, records * 2 - start)).map(async (number) => {
        const id = await store.createThread({ cwd: '/bench' })
        ids.set(number, id)
        await store.appendItems(id, [messageItem(textOf(number))])
      }),
    )
  }
  const { state } = await store.deleteThreads(
    dyingOf(records).map((number) => ids.get(number) ?? ''),
  )
  if (state !== 'deleted') throw new Error(`the delete is ${state}`)
  // Searched while the store is open: what is on disk then is what somebody finds who takes the disk.
  const remains = await foundAgain(folder, dyingOf(records).map(textOf))
  await store.close()
  return remains
}

/**
 * @param {Peer} peer
 * @param {string} folder
 * @param {{ readonly records: number, readonly thorough: boolean }} options
 * @returns {Promise<Remains>}
 */
async function leaveOfPeer(peer, folder, { records, thorough }) {
  const store = await peer.open(folder, { thorough })
  for (let start = 0; start < records * 2; start += GROUP) {
    const threads = numbersFrom(start, Math.min(GROUP, records * 2 - start))
    const lines = threads.map((number) =>
      Buffer.from(`${JSON.stringify(messageItem(textOf(number)))}\n`),
    )
    await store.append({ threads, lines, joined: Buffer.concat(lines) })
  }
  await store.remove(dyingOf(records))
  if (thorough) await store.reclaim()
  const remains = await foundAgain(folder, dyingOf(records).map(textOf))
  await store.close()
  return remains
}

/**
 * Every other record dies.
 *
 * @param {number} records
 */
const dyingOf = (records) => numbersFrom(0, records).map((number) => number * 2)

/**
 * @param {number} first
 * @param {number} count
 */
const numbersFrom = (first, count) => Array.from({ length: count }, (_, index) => first + index)
