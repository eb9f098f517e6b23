// The second half of the story: a delete that is killed twice, and the proof that nothing of it is left.

import { isStoreError, openThreadStore, type ThreadStore, verifyReceipt } from '@cenotaph/core'
import { checkText } from '../output/deletion-text.js'
import { countText, sizeText } from '../output/units.js'
import { killDuring } from './kill-during.js'
import { searchRoot } from './search-root.js'
import type { Filled, Scene } from './story.js'

export async function proveDeletion(scene: Scene, filled: Filled): Promise<void> {
  await killTwice(scene, filled)
  const store = await openThreadStore(scene.root)
  try {
    await showReceipt(scene, filled, store)
    await showThatItStaysDeleted(scene, filled, store)
  } finally {
    await store.close()
  }
  await searchEverything(scene, filled)
}

async function killTwice(scene: Scene, filled: Filled): Promise<void> {
  const { report, root } = scene
  const [audit, ...spawned] = filled.doomed
  await report.step(
    `Delete a thread and the ${spawned.length} that it spawned, and kill the process`,
  )
  await report.say(
    `${countText(filled.doomedTexts.length, 'text')} (words, names, paths) are in these threads and in no other`,
  )
  const unlink = await killDuring(root, 'delete.unlink:before', [audit!])
  await report.check('kill -9, just after the delete was committed', unlink)
  const first = await left(scene, filled)
  await report.check(`still on disk: ${first.text}`, first.found > 0)

  await report.step('Start again, and kill that process too')
  const scrub = await killDuring(root, 'delete.scrub:before')
  await report.check('kill -9, with the files gone and the database not yet scrubbed', scrub)
  const second = await left(scene, filled)
  await report.check(`still on disk: ${second.text}`, second.found < first.found)
}

async function left(
  { disk, root }: Scene,
  { doomed, doomedTexts }: Filled,
): Promise<{ readonly found: number; readonly text: string }> {
  const texts = await searchRoot(disk, root, doomedTexts)
  const names = await searchRoot(disk, root, doomed)
  const rollouts = names.places.filter((place) => place.endsWith('.jsonl')).length
  const text =
    `${countText(rollouts, 'rollout file')} of theirs, ` +
    `${texts.found.size} of ${doomedTexts.length} texts`
  return { found: texts.found.size, text }
}

async function showReceipt(
  { report }: Scene,
  { doomed, publicKey }: Filled,
  store: ThreadStore,
): Promise<void> {
  await report.step('Start again. Nobody asks for the delete a second time')
  const statuses = await Promise.all(doomed.map((threadId) => store.status(threadId)))
  await report.check(
    `it finished by itself: ${countText(doomed.length, 'thread')} deleted`,
    statuses.every((status) => status.state === 'deleted'),
  )
  const receiptId = statuses[0]?.receiptId
  const receipt = receiptId ? await store.readReceipt(receiptId) : undefined
  if (!receipt) throw new Error('the delete left no receipt')
  const { verification } = receipt
  await report.say(
    [
      `receipt ${receipt.receiptId}: ${receipt.state}, ${countText(receipt.items, 'item')}, ${sizeText(receipt.bytes)}`,
      `  asked for by ${receipt.requestedBy}; reason: ${receipt.reason}`,
      `  checked: ${verification ? checkText(verification) : 'not yet'}`,
      `  not within reach: ${receipt.outOfReach.join('; ')}`,
    ].join('\n'),
  )

  await report.step('Verify the receipt offline, with the key noted before the delete')
  const verdict = verifyReceipt(receipt, publicKey)
  await report.check(
    `valid, signed by that key (trust: ${verdict.trust})`,
    verdict.ok && verdict.trust === 'pinned',
  )
  const forged = verifyReceipt({ ...receipt, items: receipt.items + 1 }, publicKey)
  await report.check('the same receipt with one number changed: refused', !forged.ok)
}

async function showThatItStaysDeleted(
  { report, home }: Scene,
  { doomed }: Filled,
  store: ThreadStore,
): Promise<void> {
  await report.step('Try to bring them back')
  const refusal = await store.readThread(doomed[0]!).then(
    () => undefined,
    (error: unknown) => (isStoreError(error) ? error.code : undefined),
  )
  await report.check(`reading one: ${refusal}`, refusal === 'THREAD_DELETED')
  const again = await store.importRollouts([home])
  const dead = again.skipped.filter(({ reason }) => reason === 'deleted')
  await report.check(
    `importing the same home again: ${dead.length} of them skipped, because they are deleted`,
    dead.length === doomed.length,
  )
  const { ok, problems } = await store.verify()
  await report.check(
    ok ? 'verify reads everything else: all is well' : `verify: ${problems[0]?.detail}`,
    ok,
  )
}

async function searchEverything(scene: Scene, filled: Filled): Promise<void> {
  const { report, disk, root } = scene
  await report.step('Search every byte of every file under the root')
  const doomed = await searchRoot(disk, root, filled.doomedTexts)
  const kept = await searchRoot(disk, root, filled.keptTexts)
  await report.check(
    `of the deleted: ${doomed.found.size} of ${filled.doomedTexts.length} texts, in ${countText(doomed.files, 'file')} of ${sizeText(doomed.bytes)}`,
    doomed.found.size === 0,
  )
  await report.check(
    `of the ${countText(filled.kept.length, 'kept thread')}: ${kept.found.size} of ${filled.keptTexts.length} texts`,
    kept.found.size === filled.keptTexts.length && kept.found.size > 0,
  )
}
