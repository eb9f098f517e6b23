// Makes one file of each library that `tsc -b` has compiled, in dist/bundle: a process that opens a store loads six
// files instead of four hundred, in a quarter of the time. Bundles that are newer than what they are made of stay.

import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const packages = fileURLToPath(new URL('../packages', import.meta.url))
const libraries = ['storage', 'rollout', 'journal', 'core', 'testing']

/** @param {string} name */
async function bundle(name) {
  const dist = path.join(packages, name, 'dist')
  const made = path.join(dist, 'bundle', 'index.js')
  const compiled = path.join(dist, '.tsbuildinfo')
  if (existsSync(made) && statSync(made).mtimeMs > statSync(compiled).mtimeMs) return
  // What other packages give stays where it is: a class must be the same one for all who import it.
  const build = await rolldown({
    input: path.join(dist, 'index.js'),
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    treeshake: false,
    logLevel: 'warn',
  })
  const folder = path.join(dist, `bundle-${process.pid}`)
  const { output } = await build.write({ dir: folder, format: 'esm', sourcemap: true })
  await build.close()
  // Somebody may be loading the one that is there.
  mkdirSync(path.dirname(made), { recursive: true })
  const files = output.map(({ fileName }) => fileName)
  if (files.sort().join() !== 'index.js,index.js.map')
    throw new Error(`the bundle of ${name} is in pieces: ${files.join(', ')}`)
  for (const file of files.reverse())
    renameSync(path.join(folder, file), path.join(path.dirname(made), file))
  rmSync(folder, { recursive: true })
}

for (const name of libraries) await bundle(name)
