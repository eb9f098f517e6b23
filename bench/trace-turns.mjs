// What made an append wait: every long turn of the event loop, every batch of LevelDB, every call to the disk and every
// wait for a thread of the pool while a store is watched, with the step that was under way.
//
//   turn    time between two ticks of a timer of 1 ms. `cpu`: the part in which this thread ran, so JavaScript was too
//           long; `queued`: it could run and had no processor, so other programs or the pool were too many
//   gc      a pause of the collector, inside of a turn
//   batch   one batch of LevelDB from call to answer, fsync included
//   disk    one call of the store to the disk
//   pool    a call that does nothing, from call to answer: a wait for one of the pool's threads
//
// Processor times come from /proc, so they are 0 where there is none.

import fs from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { fileLevels } from '@cenotaph/journal'
import { nodeDisk } from '@cenotaph/storage'

const POOL_PAUSE_MS = 5
/** What is shorter makes nobody wait. */
const SPAN_MS_MIN = 2

/** Options for `openThreadStore`, and what was seen since the last `begin`. */
export function trace() {
  let spans = []
  let step = ''
  const note = (span) => {
    if (span.ms >= SPAN_MS_MIN) spans.push({ step, ...span })
  }
  const timed = async (kind, what, run) => {
    const [begin, during] = [performance.now(), step]
    const answer = await run()
    note({ kind, what, begin, ms: performance.now() - begin, step: during })
    return answer
  }
  const probes = [watchTurns(note, () => step), watchPool(timed), watchCollector(note)]
  return {
    options: {
      disk: timedDisk(timed),
      levels: timedLevels(timed),
      crashPoint(point) {
        if (!point.startsWith('append.')) step = point
      },
    },
    begin(first) {
      step = first
      spans = []
    },
    spans: () => spans,
    end() {
      for (const stop of probes) stop()
    },
  }
}

function watchTurns(note, stepNow) {
  let before = { begin: performance.now(), cpu: processorMs(), step: stepNow() }
  const timer = setInterval(() => {
    const now = { begin: performance.now(), cpu: processorMs(), step: stepNow() }
    note({
      kind: 'turn',
      begin: before.begin,
      ms: now.begin - before.begin,
      cpuMs: now.cpu.ran - before.cpu.ran,
      queuedMs: now.cpu.queued - before.cpu.queued,
      step: before.step === now.step ? now.step : `${before.step} .. ${now.step}`,
    })
    before = now
  }, 1)
  return () => clearInterval(timer)
}

/** Milliseconds that this thread ran, and that it waited for a processor. */
function processorMs() {
  try {
    const text = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1')
    const [ran, queued] = text.split(' ').map((ns) => Number(ns) / 1e6)
    return { ran, queued }
  } catch {
    return { ran: 0, queued: 0 }
  }
}

function watchPool(timed) {
  const timer = setInterval(() => {
    timed('pool', 'stat', () => fs.promises.stat('/'))
  }, POOL_PAUSE_MS)
  return () => clearInterval(timer)
}

function watchCollector(note) {
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      note({ kind: 'gc', begin: startTime, ms: duration })
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => observer.disconnect()
}

const baseName = (name) => name.slice(name.lastIndexOf('/') + 1)

function timedDisk(timed) {
  const call =
    (name) =>
    (first, ...rest) =>
      timed('disk', `${name} ${baseName(first)}`, () => nodeDisk[name](first, ...rest))
  const opening = (name) => async (path) => {
    const file = await call(name)(path)
    if (!file) return undefined
    const own =
      (method) =>
      (...given) =>
        timed('disk', `${method} ${baseName(path)}`, () => file[method](...given))
    const methods = ['read', 'write', 'truncate', 'sync', 'size', 'close']
    // What is done in the same turn is part of that turn.
    const atOnce = ['sizeNow', 'writeNow'].filter((method) => file[method])
    return {
      path,
      ...Object.fromEntries(methods.map((method) => [method, own(method)])),
      ...Object.fromEntries(atOnce.map((method) => [method, file[method].bind(file)])),
    }
  }
  const names = Object.keys(nodeDisk)
  const openers = ['openRead', 'openWrite', 'create']
  return Object.fromEntries(
    names.map((name) => [name, openers.includes(name) ? opening(name) : call(name)]),
  )
}

function timedLevels(timed) {
  const sizeOf = (operations) =>
    operations.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
  const timedLevel = (level) =>
    new Proxy(level, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (name === 'batch')
          return (operations, options) => {
            const kib = (sizeOf(operations) / 1024).toFixed(0)
            return timed('batch', `${operations.length} operations, ${kib} KiB`, () =>
              target.batch(operations, options),
            )
          }
        if (name === 'compactRange')
          return (...range) => timed('disk', 'compactRange', () => target.compactRange(...range))
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return { ...fileLevels, open: async (...given) => timedLevel(await fileLevels.open(...given)) }
}

const ms = (value) => `${value.toFixed(1)} ms`

const describe = ({ kind, what, step, ms: length, cpuMs, queuedMs }) =>
  [
    `${kind.padEnd(5)} ${ms(length).padStart(9)}`,
    cpuMs === undefined ? '' : `  cpu ${ms(cpuMs)}, queued ${ms(queuedMs)}`,
    what === undefined ? '' : `  ${what}`,
    `  [${step}]`,
  ].join('')

/** For each of the longest appends what was longest while it waited; then the longest of each kind. */
export function traceLines(spans, appends, { longest = 5 } = {}) {
  const kinds = ['turn', 'gc', 'batch', 'disk', 'pool']
  const by = (kind, some) => some.filter((span) => span.kind === kind).sort((a, b) => b.ms - a.ms)
  const lines = []
  for (const { begin, ms: waited } of [...appends].sort((a, b) => b.ms - a.ms).slice(0, longest)) {
    const within = spans.filter(
      (span) => span.begin < begin + waited && span.begin + span.ms > begin,
    )
    lines.push(`append waited ${ms(waited)}`)
    for (const kind of kinds)
      for (const span of by(kind, within).slice(0, kind === 'batch' ? 3 : 1))
        lines.push(`    ${describe(span)}`)
  }
  for (const kind of kinds) {
    lines.push(`longest of ${kind}:`)
    for (const span of by(kind, spans).slice(0, longest)) lines.push(`    ${describe(span)}`)
  }
  const byCpu = by('turn', spans).sort((a, b) => b.cpuMs - a.cpuMs)
  lines.push('longest turns by processor time:')
  for (const span of byCpu.slice(0, 3 * longest)) lines.push(`    ${describe(span)}`)
  return lines
}
