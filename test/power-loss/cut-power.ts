// Runs a program on a mounted image and keeps what the image holds when the power goes: at named instants and at
// acknowledgements, where the process stands still by itself, and at a moment that nobody chose, where it is stopped.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { optionsOf, type TimedRehearsal } from '../crash/rehearse.js'
import type { Scenario } from '../crash/scenarios.js'
import type { Random } from '../support/canary.js'
import { cuts as regressions } from '../support/regressions.js'
import { runChild } from '../support/run-child.js'
import { copyImage, copyWhenStill, mounted } from './image.js'

/** An instant or an acknowledgement, as the child names it. */
export interface PlannedCut {
  readonly at: string
  readonly acknowledged: number
}

export interface Cut {
  readonly name: string
  readonly image: string
  /** Calls that were acknowledged by then. */
  readonly acknowledged: number
}

export interface PowerOptions {
  /** Image with the store in `root`. */
  readonly template: string
  /** A folder for this program alone. */
  readonly place: string
  readonly cuts: readonly PlannedCut[]
  /** Stops the process behind about so many of the instants. */
  readonly stopAfter?: number
  readonly unsynced?: boolean
}

export async function cutPower(
  { program, options = {} }: Scenario,
  { template, place, cuts, stopAfter, unsynced = false }: PowerOptions,
): Promise<Cut[]> {
  const image = path.join(place, 'running.img')
  const stopped = path.join(place, 'stopped.img')
  const progress = path.join(place, 'progress')
  copyImage(template, image)
  writeFileSync(progress, '')
  let acknowledged: number | undefined
  const onPoint = (nth: number, pid: number): void => {
    if (nth !== stopAfter || acknowledged !== undefined) return
    if (!send(pid, 'SIGSTOP')) return
    copyWhenStill(image, stopped)
    acknowledged = readFileSync(progress).length
    send(pid, 'SIGCONT')
  }
  await mounted(image, async (mount) => {
    await runChild(
      {
        root: path.join(mount, 'root'),
        program,
        options: optionsOf({ options }),
        unsynced,
        progress,
        cuts: { image, folder: place, at: cuts.map(({ at }) => at) },
      },
      onPoint,
    )
  })
  const made = cuts.map((cut, index) => ({
    name: cut.at,
    image: path.join(place, `${index}.img`),
    acknowledged: cut.acknowledged,
  }))
  const missing = made.filter((cut) => !existsSync(cut.image))
  if (missing.length > 0) throw new Error(`never passed ${missing.map(({ name }) => name)}`)
  if (acknowledged === undefined) return made
  return [...made, { name: `some time after instant ${stopAfter}`, image: stopped, acknowledged }]
}

/** False where the process is gone. */
function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/** What has failed before, one of the program's instants by the seed, and the last acknowledgement; or all of them. */
export function chooseCuts(
  { name, program, from = 0 }: Scenario,
  { instants }: TimedRehearsal,
  random: Random,
  every: boolean,
): PlannedCut[] {
  const named = instants.map(({ point, hit, acknowledged }) => ({
    at: `${point} ${hit}`,
    acknowledged,
  }))
  const one = named[Math.floor(random() * named.length)]
  const acknowledgements = program
    .map((_call, index) => ({ at: `ACK ${index}`, acknowledged: index + 1 }))
    .slice(from)
  if (every) return [...named, ...acknowledgements]
  const known = [...named, ...acknowledgements].filter(({ at }) =>
    regressions.some((cut) => cut.scenario === name && cut.at === at),
  )
  return [...new Set([...known, ...(one ? [one] : []), ...acknowledgements.slice(-1)])]
}
