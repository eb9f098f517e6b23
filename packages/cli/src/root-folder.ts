import os from 'node:os'
import path from 'node:path'
import { UsageError } from './usage-error.js'

/** `--root`, else CENOTAPH_ROOT, else `~/.cenotaph`; absolute. @throws UsageError for an empty `--root` */
export function rootFolder(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  if (given === '') throw new UsageError('--root needs a folder')
  return path.resolve(
    cwd,
    given ?? (environment.CENOTAPH_ROOT || path.join(os.homedir(), '.cenotaph')),
  )
}
