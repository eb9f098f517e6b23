// Installs the peers into this folder, outside of the workspace: whoever only tests or builds needs none of them. Of their
// install scripts one is run, that of better-sqlite3, which fetches a prebuilt binary or builds it; the others ship theirs.
// A peer that cannot be had is left out of the benchmarks, and named.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const modules = path.join(folder, 'node_modules')
const installed = path.join(modules, '.installed')

export function installPeers() {
  const lock = path.join(folder, 'package-lock.json')
  // A binary is for the Node that built it; what is installed says for which.
  const binaries = process.versions.modules
  const fresh = existsSync(installed) && statSync(installed).mtimeMs > statSync(lock).mtimeMs
  if (fresh && readFileSync(installed, 'utf8') === binaries) return
  console.error('Setting up: peers for the benchmarks; building better-sqlite3 takes minutes …')
  if (!npm('ci', '--ignore-scripts')) return
  // Half a package would fail at its first use instead of being left out.
  if (!npm('rebuild', 'better-sqlite3')) {
    rmSync(path.join(modules, 'better-sqlite3'), { recursive: true, force: true })
  }
  writeFileSync(installed, binaries)
}

/** @param {readonly string[]} args */
function npm(...args) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (status === 0) return true
  console.error(`not done: npm ${args.join(' ')}\n${`${stdout}${stderr}`.trim().slice(-2_000)}`)
  return false
}
