import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { explore } from './explore.js'
import type { Explored } from './explored.js'
import { type MachinePorts, newMachine } from './sim-machine.js'

interface Faults {
  readonly syncFile: boolean
  readonly syncFolder: boolean
  /** Cuts a torn last line at open, and makes that durable before it writes behind it. */
  readonly cutTail: boolean
  /** Each line has a checksum, so that zeros of a torn write are no line. */
  readonly checkLines: boolean
}

const sumOf = (line: string): string => crc32(line).toString(16).padStart(8, '0')

const checkedLine = (piece: string): string | undefined =>
  piece.slice(0, 8) === sumOf(piece.slice(9)) ? piece.slice(9) : undefined

/** A log of lines in one file: what every engine begins as. */
class LineLog {
  readonly lines: string[]
  readonly #file: DiskFile
  readonly #faults: Faults
  #end: number

  private constructor(file: DiskFile, lines: string[], end: number, faults: Faults) {
    this.#file = file
    this.lines = lines
    this.#end = end
    this.#faults = faults
  }

  static async open({ disk }: MachinePorts, faults: Faults): Promise<LineLog> {
    const file = (await disk.openWrite('/log')) ?? (await LineLog.#create(disk, faults))
    const text = Buffer.from(await file.read(0, 1e6)).toString('latin1')
    const read: string[] = []
    let end = 0
    for (const piece of text.split('\n').slice(0, -1)) {
      const line = faults.checkLines ? checkedLine(piece) : piece.slice(9)
      if (line === undefined) break
      read.push(line)
      end += piece.length + 1
    }
    if (end < text.length && faults.cutTail) {
      await file.truncate(end)
      await file.sync()
    }
    return new LineLog(file, read, faults.cutTail ? end : text.length, faults)
  }

  static async #create(disk: Disk, { syncFolder }: Faults): Promise<DiskFile> {
    const file = (await disk.create('/log'))!
    if (syncFolder) await disk.syncFolder('/')
    return file
  }

  async append(line: string): Promise<void> {
    const bytes = Buffer.from(`${sumOf(line)} ${line}\n`)
    await this.#file.write(this.#end, bytes)
    this.#end += bytes.length
    if (this.#faults.syncFile) await this.#file.sync()
    this.lines.push(line)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

const lines = ['one', 'two '.repeat(200), 'three']

const exploredWith = (faults: Faults): Explored<LineLog> => ({
  open: (ports) => LineLog.open(ports, faults),
  close: (log) => log.close(),
  program: lines.map((line) => ({ name: 'append', run: (log) => log.append(line) })),
  async check(log, { acknowledged }) {
    const allowed = [lines.slice(0, acknowledged), lines.slice(0, acknowledged + 1)]
    expect(allowed).toContainEqual(log.lines)
  },
})

/** Moves the log away before it has written the new one: not to be cut short. */
async function moveAway(disk: Disk): Promise<void> {
  const old = await disk.openRead('/log')
  if (!old) return
  const bytes = await old.read(0, 1e6)
  await disk.unlink('/log')
  await disk.syncFolder('/')
  const file = (await disk.create('/log'))!
  await file.write(0, bytes)
  await file.sync()
  await disk.syncFolder('/')
  await file.close()
}

const sound: Faults = { syncFile: true, syncFolder: true, cutTail: true, checkLines: true }
const search = (faults: Faults, replay?: string) =>
  explore(exploredWith(faults), {
    machine: newMachine(),
    statesPerInstant: 10_000,
    recoveryStatesPerInstant: 100,
    ...(replay === undefined ? {} : { replay }),
  })

describe('explore', () => {
  it('finds nothing in a log that syncs, in all of its states', async () => {
    const { failures, states, instants } = await search(sound)
    expect(failures).toEqual([])
    expect(states).toBeGreaterThan(10)
    expect(instants).toBeGreaterThan(12)
  })

  it.each([
    ['a missing fsync of the file', { ...sound, syncFile: false }],
    ['a missing fsync of the folder', { ...sound, syncFolder: false }],
    ['a torn line that looks whole', { ...sound, checkLines: false }],
  ])('finds %s, and replays it by one line', async (_name, faults) => {
    const { failures } = await search(faults)
    expect(failures.length).toBeGreaterThan(0)
    const { replay, at, acknowledged } = failures[0]!
    expect(at).toMatch(/^(before|after) /)
    const again = await search(faults, replay)
    expect(again.failures).toHaveLength(1)
    expect(again.failures[0]).toMatchObject({ replay, at, acknowledged })
    expect(again.states).toBeLessThan(3)
  })

  it('finds a recovery that must not be cut short', async () => {
    const explored: Explored<LineLog> = {
      ...exploredWith(sound),
      async open(ports) {
        await moveAway(ports.disk)
        return LineLog.open(ports, sound)
      },
    }
    const options = { machine: newMachine(), statesPerInstant: 8 }
    const shallow = await explore(explored, { ...options, recoveryStatesPerInstant: 0 })
    expect(shallow.failures).toEqual([])
    const deep = await explore(explored, { ...options, machine: newMachine() })
    expect(deep.failures.length).toBeGreaterThan(0)
    expect(deep.failures[0]!.replay).toMatch(/^\d+\.\d+\/\d+\.\d+$/)
  })

  it('finds what goes wrong only when the power goes in a recovery for the second time', async () => {
    const explored: Explored<LineLog> = {
      ...exploredWith(sound),
      async open(ports) {
        const { disk } = ports
        // An unfinished recovery leaves its mark, and whoever finds one takes the unsound way.
        const wasCutShort = (await disk.stat('/recovering')) !== undefined
        await (await disk.create('/recovering'))?.close()
        await disk.syncFolder('/')
        if (wasCutShort) await moveAway(disk)
        const log = await LineLog.open(ports, sound)
        await disk.unlink('/recovering')
        await disk.syncFolder('/')
        return log
      },
    }
    const options = { statesPerInstant: 8, failuresMax: 1 }
    const once = await explore(explored, { ...options, machine: newMachine() })
    expect(once.failures).toEqual([])
    expect(once.secondRecoveryStates).toBe(0)
    const twice = { ...options, secondRecoveryStatesPerInstant: 2 }
    const { failures } = await explore(explored, { ...twice, machine: newMachine() })
    expect(failures).toHaveLength(1)
    const { replay } = failures[0]!
    expect(replay).toMatch(/^\d+\.\d+\/\d+\.\d+\/\d+\.\d+$/)
    const again = await explore(explored, { ...twice, machine: newMachine(), replay })
    expect(again.failures.map((failure) => failure.replay)).toEqual([replay])
    expect(again.states).toBe(3)
  })

  it('looks at a share of the instants, by the seed, and replays what it chose', async () => {
    const faults = { ...sound, syncFile: false }
    const some = (seed: number, replay?: string) =>
      explore(exploredWith(faults), {
        machine: newMachine(),
        instantShare: 0.3,
        seed,
        ...(replay === undefined ? {} : { replay }),
      })
    const [one, same, other] = [await some(1), await some(1), await some(2)]
    const all = await search(faults)
    expect(one.states).toBeLessThan(all.states / 2)
    expect(same.failures.map(({ replay }) => replay)).toEqual(
      one.failures.map(({ replay }) => replay),
    )
    expect(other.failures.map(({ replay }) => replay)).not.toEqual(
      one.failures.map(({ replay }) => replay),
    )
    const { replay } = one.failures[0]!
    expect((await some(1, replay)).failures[0]).toMatchObject({ replay })
  })

  it('ends when it is told that its time is over', async () => {
    const { states } = await explore(exploredWith(sound), {
      machine: newMachine(),
      isOver: () => true,
    })
    expect(states).toBe(0)
  })
})
