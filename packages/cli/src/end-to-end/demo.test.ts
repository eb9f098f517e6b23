import { existsSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

const command = new Command()
afterAll(() => command.remove())

// A folder for temporaries of its own: other tests leave theirs beside.
const env = { TMPDIR: command.folder }

describe('demo', () => {
  it('holds what it claims, says so in less than 60 lines, and removes its store', async () => {
    const { status, stdout, stderr } = await command.run(['demo'], { env })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.split('\n').length).toBeLessThan(60)
    expect(stdout).not.toContain('✗')
    expect(readdirSync(command.folder)).toEqual([])
  })

  it('keeps the store with --keep, and answers with its claims', async () => {
    const told = await command.json<{ ok: boolean; claims: { holds: boolean }[]; root: string }>(
      ['demo', '--keep'],
      { env },
    )
    expect(told.ok).toBe(true)
    expect(told.claims.length).toBeGreaterThan(10)
    expect(told.claims.filter((claim) => !claim.holds)).toEqual([])
    expect(existsSync(path.join(told.root, '.cenotaph', 'receipts'))).toBe(true)
    expect(os.tmpdir()).not.toBe(command.folder)
    rmSync(path.dirname(told.root), { recursive: true })
  })
})
