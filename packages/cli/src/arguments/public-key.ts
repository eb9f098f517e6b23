import { nodeDisk } from '@cenotaph/storage'
import { UsageError } from '../usage-error.js'
import { readFile } from './files.js'

/** 32 bytes in base64. */
const publicKeyPattern = /^[A-Za-z0-9+/]{43}=$/

/** The key that `--key` names: itself, or a file that holds it. @throws UsageError */
export async function publicKeyOf(text: string, cwd: string): Promise<string> {
  if (publicKeyPattern.test(text)) return text
  const content = Buffer.from(await readFile(nodeDisk, cwd, text))
    .toString('utf8')
    .trim()
  if (publicKeyPattern.test(content)) return content
  throw new UsageError('--key is neither a public key in base64 nor a file that holds one')
}
