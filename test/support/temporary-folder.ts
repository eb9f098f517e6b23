import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const temporaryFolder = (): string => mkdtempSync(path.join(os.tmpdir(), 'cenotaph-test-'))

export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true })

/** Copies a closed store. LevelDB makes its own LOCK, so the copy does without it. */
export function copyRoot(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    preserveTimestamps: true,
    filter: (source) => path.basename(source) !== 'LOCK',
  })
}
