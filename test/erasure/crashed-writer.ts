// Another process takes the store over, works on it and is killed in the middle, before this one deletes.

import { runChild } from '../support/run-child.js'
import { message } from '../support/thread-ids.js'
import { planDelete } from './delete-some.js'
import { type History, historyOptions } from './history.js'

/** A process that is killed while it appends: what the journal holds by then has happened. */
export async function appendAndCrash(history: History): Promise<void> {
  const thread = history.pick(history.model.living.filter(({ archived }) => !archived))
  if (!thread) return
  const batches = Array.from({ length: 1 + history.below(3) }, () => [history.text()])
  const committed = history.random() < 0.5
  await history.close()
  const run = await runChild({
    root: history.root,
    options: historyOptions,
    program: batches.map((texts) => ['appendItems', thread.id, texts.map(message)]),
    kill: {
      point: committed ? 'append.intend:after' : 'append.intend:before',
      hit: batches.length,
    },
  })
  const whole = committed ? run.acknowledged + 1 : run.acknowledged
  for (const texts of batches.slice(0, whole)) history.appended(thread, texts)
  await history.open()
}

/** A process that is killed while it deletes: from the commit on, this one finishes its work. */
export async function deleteAndCrash(history: History): Promise<void> {
  const plan = planDelete(history)
  if (!plan?.set) return
  const point = history.pick([
    'delete.intend:before',
    'delete.intend:after',
    'delete.detach:after',
    'delete.unlink:after',
    'delete.scrub:after',
    'delete.receipt:after',
  ])!
  await history.close()
  await runChild({
    root: history.root,
    options: historyOptions,
    program: [['deleteThreads', plan.roots, { forks: plan.forks }]],
    kill: { point, hit: 1 },
  })
  await history.open()
  if (point !== 'delete.intend:before') history.deleted(plan.set, plan.forks)
  await history.check()
}
