// Sets a fresh checkout up: the pinned pnpm, the locked dependencies, the compiled packages. Needs Node and npm
// alone. Does nothing that is done already.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const top = fileURLToPath(new URL('..', import.meta.url))

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Cenotaph needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

/**
 * Runs a command in the checkout; its output is shown when it fails, or always with `loud`.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
export function run(command, args, { loud = false } = {}) {
  const result = spawnSync(command, [...args], {
    cwd: top,
    stdio: loud ? 'inherit' : 'pipe',
    encoding: 'utf8',
    env: { ...process.env, npm_config_update_notifier: 'false' },
  })
  if (result.status === 0) return
  if (!loud) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  console.error(`\nfailed: ${command} ${args.join(' ')}`)
  process.exit(result.status ?? 1)
}

/** @param {string} name */
const local = (name) => path.join(top, 'node_modules', '.bin', name)

export function setUp() {
  const { packageManager } = JSON.parse(readFileSync(path.join(top, 'package.json'), 'utf8'))
  const installed = path.join(top, 'node_modules', '.modules.yaml')
  const lock = path.join(top, 'pnpm-lock.yaml')
  const fresh = existsSync(installed) && statSync(installed).mtimeMs > statSync(lock).mtimeMs
  if (!fresh) {
    console.error('Setting up: dependencies …')
    run('npx', ['-y', packageManager, 'install', '--frozen-lockfile'])
  }
  console.error('Setting up: compiling …')
  compile()
}

/** What processes of their own load: the command, and the children of tests and benchmarks. */
export function compile() {
  run(local('tsc'), ['-b'])
  run(process.execPath, [path.join(top, 'scripts', 'bundle.mjs')])
}

export { local }
