// Behaviours that Codex's own tests establish for its thread storage, numbered 1 to 68. Each test of this folder that
// answers to one has its number in its title; where the engine differs on purpose, the title says what it does
// instead. These do not apply:
//
//   8   live threads without a file: a recorder without a file has no thread yet, so nobody can name it
//   11  paginated delete without a database: there is no second database that could be missing
//   16  ephemeral threads: none are ever in the store, a host keeps them itself
//   22  fork reservations: one lock table serves archive and fork, and neither is visible to callers
//   34  inherited prefixes of subagent copies: the engine writes no such copies, and reads them as lines
//   42  the compression worker's choice: compression is asked for, there is no worker
//   43  publishing a compressed rollout: as 42
//   44  run markers and the maintenance lock of the worker: as 42
//   51  backward cursors for a delta: the event log is what a consumer follows
//   53  lists that skip the repair: no list repairs anything
//   57  search in content: not in the engine yet
//   58  lists of loaded threads: loading is not visible
//   67  rollback: the marker of a rollback is a line like any other

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const last = 68
const here = fileURLToPath(new URL('.', import.meta.url))
const self = readFileSync(fileURLToPath(import.meta.url), 'utf8')

const numbersIn = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].map((match) => Number(match[1]))

const listed = numbersIn(self, /^\/\/ {3}(\d+) {2}/gm)
const tested = readdirSync(here)
  .filter((name) => name.endsWith('.test.ts') && name !== 'behaviours.test.ts')
  .flatMap((name) =>
    numbersIn(
      readFileSync(path.join(here, name), 'utf8'),
      /\bit(?:\.each\(kinds\))?\(\s*['"`]behaviour (\d+): /g,
    ),
  )

describe('behaviours', () => {
  it('are all tested or listed as not applying, and none is both', () => {
    const all = Array.from({ length: last }, (_, index) => index + 1)
    expect(all.filter((n) => !tested.includes(n) && !listed.includes(n))).toEqual([])
    expect(all.filter((n) => tested.includes(n) && listed.includes(n))).toEqual([])
    expect([...tested, ...listed].filter((n) => !all.includes(n))).toEqual([])
    expect(new Set(tested).size).toBeGreaterThanOrEqual(55)
  })
})
