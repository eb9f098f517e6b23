// The story of the demo: a store is filled with real-shaped sessions and used; one tree of threads is deleted; the
// process is killed in the middle, twice; the delete finishes by itself, and every byte is searched for what was
// deleted. Every claim is checked, so the story fails where it is not true.

import path from 'node:path'
import { openThreadStore, type ThreadView } from '@cenotaph/core'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { threadTable } from '../output/thread-text.js'
import { countText, sizeText } from '../output/units.js'
import type { Terminal } from '../terminal.js'
import { showCare } from './care-story.js'
import { proveDeletion } from './deletion-story.js'
import type { Report } from './report.js'
import { tellingTexts } from './texts.js'

export interface Scene {
  readonly root: string
  /** A Codex home; only read. */
  readonly home: string
  readonly report: Report
  readonly terminal: Terminal
  readonly disk: Disk
}

/** What the first half leaves for the second. */
export interface Filled {
  /** The thread that is deleted, and what it spawned. */
  readonly doomed: readonly string[]
  readonly kept: readonly string[]
  /** Texts that only the doomed hold, and the names of their files. */
  readonly doomedTexts: readonly string[]
  readonly keptTexts: readonly string[]
  /** The key that receipts are pinned to. */
  readonly publicKey: string
}

const doomedName = 'Heron account audit'

export async function tellStory(scene: Omit<Scene, 'disk'>): Promise<void> {
  const full: Scene = { ...scene, disk: nodeDisk }
  await proveDeletion(full, await fillStore(full))
}

async function fillStore({ root, home, report, terminal, disk }: Scene): Promise<Filled> {
  const store = await openThreadStore(root)
  try {
    await report.step('Import a Codex home: sessions in the shapes that Codex writes')
    const { imported, skipped, damaged } = await store.importRollouts([home])
    const bytes = imported.reduce((sum, thread) => sum + thread.bytes, 0)
    const active = await store.listThreads()
    await report.say(threadTable(active.threads, terminal))
    await report.check(
      `${countText(imported.length, 'thread')}, ${sizeText(bytes)}: all read, none skipped, none damaged`,
      imported.length > 0 && skipped.length === 0 && damaged.length === 0,
    )

    await report.step('Use it: append, fork, archive')
    const audit = named(active.threads, doomedName)
    const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text: note }] }
    const { lastOrdinal } = await store.appendItems(audit.threadId, [
      { type: 'response_item', payload: item },
    ])
    await report.say(`appended to “${doomedName}”, ordinal ${lastOrdinal}`)
    const base = named(active.threads, 'Fix the tide rounding')
    const fork = await store.forkThread(base.threadId, { name: 'Tide rounding, again' })
    await report.say(
      `forked “${base.name}” by ${fork.kind}, through ordinal ${fork.throughOrdinal}`,
    )
    const chart = named(active.threads, 'Weekly chart')
    await store.archiveThreads([chart.threadId])
    const { state } = await store.status(chart.threadId)
    await report.check(`“${chart.name}” is ${state}, and can come back`, state === 'archived')

    await showCare({ report, disk, root }, store, {
      held: chart,
      scheduled: (await store.readThread(fork.threadId))!,
      redacted: named(active.threads, 'Spring tides, second idea'),
    })

    const doomed = [audit.threadId, ...audit.children]
    const kept = [...imported.map((thread) => thread.threadId), fork.threadId].filter(
      (threadId) => !doomed.includes(threadId),
    )
    const texts = await tellingTexts(store, doomed, kept)
    const fileNames = (ids: readonly string[]): string[] =>
      imported
        .filter((thread) => ids.includes(thread.threadId))
        .map((thread) => path.basename(thread.source))
    return {
      doomed,
      kept,
      doomedTexts: [...texts.ofFirst, ...fileNames(doomed)],
      keptTexts: [...texts.ofSecond, ...fileNames(kept)],
      publicKey: store.publicKey,
    }
  } finally {
    await store.close()
  }
}

const note = 'Also look for refunds to the account of Theodora Vance-Lindqvist.'

function named(threads: readonly ThreadView[], name: string): ThreadView {
  const found = threads.find((thread) => thread.name === name)
  if (!found) throw new Error(`the Codex home of the demo has no thread ${name}`)
  return found
}
