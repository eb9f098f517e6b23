// The compiled core with passages replaced: an engine that does its work in a wrong order, for the search to catch.
// A passage that is not there exactly once is an error, so no mutant silently becomes the engine itself.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Engine } from './explore-program.js'

export interface Edit {
  /** Below the compiled core, with `/`. */
  readonly file: string
  readonly passage: string
  readonly becomes: string
}

const core = fileURLToPath(new URL('../../packages/core/', import.meta.url))

/**
 * A copy of the compiled core in `folder`, changed and loaded by Node itself. It shares the packages below it with the
 * original. `name` may be used once in a folder.
 */
export async function mutatedCore(
  folder: string,
  name: string,
  edits: readonly Edit[],
): Promise<Engine> {
  // What lies below a `node_modules` is not compiled anew by the test runner.
  const place = path.join(folder, 'node_modules', name)
  mkdirSync(place, { recursive: true })
  symlinkSync(path.join(core, 'node_modules'), path.join(place, 'node_modules'))
  cpSync(path.join(core, 'package.json'), path.join(place, 'package.json'))
  cpSync(path.join(core, 'dist'), path.join(place, 'dist'), {
    recursive: true,
    filter: (source) => !/\.(ts|map|tsbuildinfo)$|\/bundle/.test(source),
  })
  for (const edit of edits) replaceOnce(path.join(place, 'dist', edit.file), edit)
  const entry = pathToFileURL(path.join(place, 'dist', 'index.js')).href
  const loaded = (await import(/* @vite-ignore */ entry)) as { openThreadStore: Engine }
  return loaded.openThreadStore
}

function replaceOnce(place: string, { file, passage, becomes }: Edit): void {
  const parts = readFileSync(place, 'utf8').split(passage)
  assert.equal(parts.length, 2, `not exactly once in ${file}: ${passage}`)
  writeFileSync(place, parts.join(becomes))
}
