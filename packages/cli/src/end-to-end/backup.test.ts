import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, itemLine } from './command.fixture.js'

let command: Command
beforeEach(() => {
  command = new Command()
})
afterEach(() => command.remove())

async function thread(text: string): Promise<string> {
  const { threadId } = await command.json<{ threadId: string }>(['create', '--name', `n ${text}`])
  await command.run(['append', threadId], { input: itemLine(text) })
  return threadId
}

describe('backup and restore-backup', () => {
  it('copy a store, list, check and forget the copies, and bring threads back', async () => {
    const kept = await thread('kept')
    const gone = await thread('gone')
    const made = await command.json<Record<string, unknown>>(['backup', 'copy'])
    expect(made).toMatchObject({ threads: 2, bytes: expect.any(Number), problems: [] })
    const dir = path.join(command.folder, 'copy')
    expect(made.path).toBe(dir)
    const { backups } = await command.json<{ backups: { backupId: string }[] }>(['backups'])
    expect(backups).toEqual([
      expect.objectContaining({ backupId: made.backupId, state: 'complete' }),
    ])
    expect((await command.run(['backups'])).stdout).toContain('complete')

    const { publicKey } = await command.json<{ publicKey: string }>(['receipts'])
    const pinned = ['backups', 'verify', 'copy', '--key', publicKey]
    expect(await command.json(pinned)).toMatchObject({ ok: true, trust: 'pinned', threads: 2 })
    await command.run(['delete', gone, '--yes'])

    const tombstones = path.join(command.root, '.cenotaph', 'tombstones')
    const other = ['--root', path.join(command.folder, 'other')]
    const words = ['restore-backup', 'copy', ...other]
    expect(await command.failure(words)).toMatchObject({ status: 1, code: 'TOMBSTONES_REQUIRED' })
    const told = await command.run(words)
    expect(told.stderr).toContain('--no-tombstones')
    const report = await command.json<Record<string, unknown>>([
      ...words,
      '--tombstones',
      tombstones,
      '--key',
      publicKey,
    ])
    expect(report).toMatchObject({
      threads: 1,
      bytes: expect.any(Number),
      restored: [kept],
      trust: 'pinned',
      skipped: [{ threadId: gone, reason: 'deleted' }],
    })
    expect(await command.json(['status', gone, ...other])).toMatchObject({ state: 'deleted' })
    expect((await command.run(['read', kept, ...other])).stdout).toContain('kept')

    const third = ['--root', path.join(command.folder, 'third')]
    const all = await command.run(['restore-backup', 'copy', '--no-tombstones', ...third])
    expect(all.status).toBe(0)
    expect(all.stdout).toContain('2 threads restored')
    const again = await command.json<{ skipped: { reason: string }[] }>(['restore-backup', 'copy'])
    expect(again.skipped.map(({ reason }) => reason).sort()).toEqual(['deleted', 'present'])

    const forget = ['backups', 'forget', String(made.backupId)]
    expect(await command.json(forget)).toEqual({ backups: [] })
    expect(await command.failure(forget)).toMatchObject({ status: 1, code: 'BACKUP_NOT_FOUND' })
  })

  it('say what is wrong', async () => {
    await thread('text')
    await command.json(['backup', 'copy'])
    expect(await command.failure(['backup', 'copy'])).toMatchObject({
      status: 1,
      code: 'BACKUP_TARGET_EXISTS',
    })
    expect(await command.failure(['backup', path.join(command.root, 'in')])).toMatchObject({
      status: 2,
      code: 'ARGUMENT_INVALID',
    })
    expect((await command.run(['backup'])).status).toBe(2)
    expect((await command.run(['backups', 'verify', 'copy', '--key', 'nonsense'])).status).not.toBe(
      0,
    )
    const manifest = path.join(command.folder, 'copy', 'manifest.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"threads": 1', '"threads": 7'))
    const checked = await command.run(['backups', 'verify', 'copy'])
    expect(checked.status).toBe(1)
    expect(checked.stdout).toContain('signature')
    rmSync(manifest)
    expect(await command.failure(['restore-backup', 'copy'])).toMatchObject({
      status: 1,
      code: 'BACKUP_INVALID',
    })
  })
})
