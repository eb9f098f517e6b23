import type { ModelLine } from './model-thread.js'
import type { ThreadModel } from './thread-model.js'

/** Equal for two models that no program tells apart: what is seen, what is hidden, and who shares whose lines. */
export function fingerprintOfModel(model: ThreadModel): string {
  const places = new Map<ModelLine, number>()
  const placeOf = (line: ModelLine): number => {
    const place = places.get(line) ?? places.size
    places.set(line, place)
    return place
  }
  const threads = [...model.threads.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ lines, attachments, keys, ...facts }) => [
      Object.entries(facts).sort(),
      lines.map((line) => [placeOf(line), line.text, line.isRedacted]),
      Object.entries(attachments).sort(),
      Object.entries(keys).sort(),
    ])
  const waiting = [...model.waiting]
    .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
    .map(({ ids, dueMs }) => [[...ids].sort(), dueMs])
  const dead = [[...model.dead].sort(), [...model.deadInMemory].sort()]
  const parents = [...model.parents].sort()
  const { policy, nowMs, recorders, plans, knownBackups } = model
  const backups = [...model.backups].map(([folder, kept]) => [folder, fingerprintOfModel(kept)])
  const kept = [[...recorders].sort(), [...plans].sort(), backups, [...knownBackups]]
  return JSON.stringify([threads, waiting, dead, parents, policy, nowMs, kept])
}
