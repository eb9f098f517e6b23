// Rewrites the files that hold redacted lines, each all or nothing: the new bytes staged and made durable, renamed over
// the old name, its folder synced. A compressed rollout is compressed again, decoded and compared before it takes the
// place. Idempotent: a file in which nothing is left to redact is only made durable again.
// Survives: a crash before or after any call. What was staged is swept, or written anew.

import path from 'node:path'
import type { OperationId } from '@cenotaph/journal'
import {
  copySource,
  encodeSeekable,
  parseRolloutFileName,
  type RolloutId,
  type RolloutSource,
  sameContent,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { namesOf, type OwnedFile, type StattedFile, statFiles } from '../erasure/names-on-disk.js'
import { openCompressed, openSource } from '../files/rollout-sources.js'
import { stageBytes, stagedPath } from '../files/staging.js'
import type { RolloutRow } from '../threads/thread-row.js'
import { type FoundPatches, findPatches, patchedSource } from './patches.js'
import type { RedactTarget } from './redact-lines.js'

/** Files that hold the lines: rollouts wherever they lie, and temporaries that may be made from them. */
export async function filesOf(
  context: StoreContext,
  owners: readonly ThreadId[],
  targets: readonly RedactTarget[],
): Promise<StattedFile[]> {
  const owning = new Set(owners)
  const wanted = new Set<string>(targets.map((target) => target.rolloutId))
  const files = await namesOf(context, (id) => owning.has(id))
  return statFiles(
    context,
    files.filter((file) => file.kind === 'temporary' || wanted.has(rolloutIdOf(file) ?? '')),
  )
}

const rolloutIdOf = (file: OwnedFile): RolloutId | undefined =>
  parseRolloutFileName(path.basename(file.path))?.rolloutId

/** Everything that a redaction changes on disk outside of LevelDB and quarantine. Owners that died are left out. */
export async function rewriteFiles(
  context: StoreContext,
  targets: readonly RedactTarget[],
  operationId: OperationId,
): Promise<void> {
  const staged = stagedPath(context, operationId)
  for (const { file, target } of await filesNow(context, targets)) {
    if (file.kind === 'temporary') {
      if (await context.disk.unlink(file.path)) await syncFolderOf(context, file.path)
    } else if (target) await rewriteFile(context, file.path, target, staged)
  }
}

/** Lines that are not redacted in some file. */
export async function countUnredacted(
  context: StoreContext,
  targets: readonly RedactTarget[],
): Promise<number> {
  let left = 0
  for (const { file, target } of await filesNow(context, targets)) {
    if (file.kind === 'temporary') left += 1
    else if (target)
      left += await withFile(
        context,
        file.path,
        target,
        async (_source, found) => found.unredacted,
        0,
      )
  }
  return left
}

interface FileNow {
  readonly file: StattedFile
  readonly target: RedactTarget | undefined
}

async function filesNow(
  context: StoreContext,
  targets: readonly RedactTarget[],
): Promise<FileNow[]> {
  const living = targets.filter(({ threadId }) => !context.dead.has(threadId))
  const owners = [...new Set(living.map((target) => target.threadId))]
  const files = await filesOf(context, owners, living)
  return files.map((file) => ({
    file,
    target: living.find((target) => target.rolloutId === rolloutIdOf(file)),
  }))
}

async function rewriteFile(
  context: StoreContext,
  name: string,
  target: RedactTarget,
  staged: string,
): Promise<void> {
  const isReplaced = await withFile(
    context,
    name,
    target,
    async (source, { patches, unredacted }) => {
      if (unredacted === 0) return false
      const redacted = patchedSource(source, () => patches)
      await stageBytes(context, staged, async (put) => {
        if (name.endsWith('.zst'))
          await encodeSeekable(redacted, put, { codec: context.options.codec })
        else await copySource(redacted, put)
      })
      if (name.endsWith('.zst')) await refuseDifferent(context, staged, redacted)
      return true
    },
    false,
  )
  // An earlier run may have renamed it and died before it made that durable.
  if (isReplaced) await context.disk.rename(staged, name)
  await syncFolderOf(context, name)
}

/** Runs with the file and the lines to redact in it; `missing` where there is no such file any more. */
async function withFile<Result>(
  context: StoreContext,
  name: string,
  target: RedactTarget,
  run: (source: RolloutSource, found: FoundPatches) => Promise<Result>,
  missing: Result,
): Promise<Result> {
  const row = await rolloutRowOf(context, target)
  const source = row && (await openSource(context, name))
  if (!source) return missing
  try {
    const { spans } = target
    const { firstOrdinal } = row
    const { maxLineBytes } = context.options
    return await run(source, await findPatches(source, { spans, firstOrdinal, maxLineBytes }))
  } finally {
    await source.close()
  }
}

async function rolloutRowOf(
  context: StoreContext,
  { threadId, rolloutId }: RedactTarget,
): Promise<RolloutRow | undefined> {
  const row = (await context.threads.load(threadId))?.row
  return row?.rollouts.find((rollout) => rollout.rolloutId === rolloutId)
}

/** What was compressed must decode to what was meant, in full. */
async function refuseDifferent(
  context: StoreContext,
  staged: string,
  meant: RolloutSource,
): Promise<void> {
  const decoded = await openCompressed(context, staged)
  try {
    if (decoded && (await sameContent(decoded, meant))) return
    throw new StoreError('ROLLOUT_ZSTD_DAMAGED', 'a staged rollout decodes differently')
  } finally {
    await decoded?.close()
  }
}

const syncFolderOf = ({ disk }: StoreContext, name: string): Promise<void> =>
  disk.syncFolder(path.dirname(name))
