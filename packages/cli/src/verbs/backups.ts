// Backups: which ones the store made and has not been told to forget, and whether one is whole.

import path from 'node:path'
import { type BackupVerdict, verifyBackup } from '@cenotaph/core'
import { given } from '../arguments/parse.js'
import { publicKeyOf } from '../arguments/public-key.js'
import { exitCodes } from '../exit-codes.js'
import { escapeText } from '../output/escape.js'
import { tableText } from '../output/table.js'
import { countText, relativeTime, sizeText } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const backups = defineVerb<[]>({
  name: 'backups',
  summary: 'list the backups that the store knows; receipts name them',
  async run({ store: open, terminal }) {
    const known = await (await open()).listBackups()
    const nowMs = terminal.clock.wallMs()
    const rows = known.map(({ backupId, madeAt, threads, bytes, state, path: place }) => [
      terminal.colours.cyan(backupId),
      relativeTime(madeAt, nowMs),
      threads === null ? '–' : String(threads),
      bytes === null ? '–' : sizeText(bytes),
      state,
      escapeText(place),
    ])
    const columns = [
      { title: 'BACKUP' },
      { title: 'WHEN' },
      { title: 'THREADS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'STATE' },
      { title: 'PATH' },
    ] as const
    const text = rows.length === 0 ? 'no backups' : tableText(columns, rows, terminal.colours)
    return { json: { backups: known }, text }
  },
})

export const backupsForget = defineVerb<[string]>({
  name: 'backups forget',
  summary: 'take a backup of which no copy is left out of the list; its files are yours to remove',
  arguments: [{ name: '<id>', description: 'its id' }],
  async run({ arguments: [backupId], store: open }) {
    const store = await open()
    await store.forgetBackup(backupId)
    const left = await store.listBackups()
    return { json: { backups: left }, text: `${countText(left.length, 'backup')} left` }
  },
})

export const backupsVerify = defineVerb<[string], { readonly key?: string }>({
  name: 'backups verify',
  summary: 'check a backup offline: its signature and the checksum of every file',
  arguments: [{ name: '<dir>', description: 'the backup; it is only read' }],
  options: [
    { flags: '--key <key>', description: 'public key that must have signed it, or its file' },
  ],
  async run({ arguments: [dir], options, terminal, progress, signal }) {
    const { cwd } = terminal
    const publicKey = options.key === undefined ? undefined : await publicKeyOf(options.key, cwd)
    const verdict = await verifyBackup(path.resolve(cwd, dir), {
      ...given({ publicKey }),
      onProgress: progress,
      signal,
    })
    const exit = verdict.ok ? exitCodes.done : exitCodes.error
    return { json: verdict, text: textOf(verdict), exit }
  },
})

function textOf({ ok, problems, trust, threads, bytes }: BackupVerdict): string {
  if (!ok) return ['not whole:', ...problems.map((line) => `  ${escapeText(line)}`)].join('\n')
  const size = `${countText(threads ?? 0, 'thread')}, ${sizeText(bytes ?? 0)}`
  return trust === 'pinned'
    ? `whole: ${size}, signed by the key that you gave`
    : `whole: ${size}, signed by the key in it; give --key to know whose key that is`
}
