// What the documentation shows is type-checked and run, against the compiled packages, in a folder of its own.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fence, scriptFences, shellFences, top } from './fences.js'

const SCRIPTS_MIN = 3
const SHELLS_MIN = 1

const scripts = scriptFences()
const shells = shellFences()
const folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-docs-'))
const compiled = path.join(folder, 'compiled')

const nameOf = (fence: Fence): string => `${fence.file}:${fence.line}`
const fileOf = (index: number): string => `fence-${index}`

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { status, output: `${stdout}${stderr}` }
}

/** A folder as a reader has one: the checkout's docs in it, nothing else. */
function readersFolder(): string {
  const made = mkdtempSync(path.join(folder, 'reader-'))
  cpSync(path.join(top, 'docs'), path.join(made, 'docs'), { recursive: true })
  return made
}

beforeAll(() => {
  const modules = path.join(folder, 'node_modules')
  mkdirSync(path.join(modules, '@cenotaph'), { recursive: true })
  for (const name of ['core', 'journal', 'rollout', 'storage', 'testing'])
    symlinkSync(path.join(top, 'packages', name), path.join(modules, '@cenotaph', name))
  symlinkSync(path.join(top, 'node_modules', '@types'), path.join(modules, '@types'))
  for (const [index, { code }] of scripts.entries())
    writeFileSync(path.join(folder, `${fileOf(index)}.mts`), code)
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'compiled',
  }
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.mts'] }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('code in the documentation', () => {
  it('is there', () => {
    expect(scripts.length).toBeGreaterThanOrEqual(SCRIPTS_MIN)
    expect(shells.length).toBeGreaterThanOrEqual(SHELLS_MIN)
  })

  it('has the right types', () => {
    const { status, output } = run(path.join(top, 'node_modules/.bin/tsc'), ['-p', '.'], folder)
    // The compiler names its files; the reader wants the page.
    const told = output.replace(/fence-(\d+)\.mts/g, (_, index) => nameOf(scripts[Number(index)]!))
    expect({ status, told }).toEqual({ status: 0, told: '' })
  })

  for (const [index, fence] of scripts.entries()) {
    it(`runs: ${nameOf(fence)}`, () => {
      const script = path.join(compiled, `${fileOf(index)}.mjs`)
      const { status, output } = run(process.execPath, [script], readersFolder())
      expect(status, output).toBe(0)
    })
  }

  for (const fence of shells) {
    it(`runs: ${nameOf(fence)}`, () => {
      const cwd = readersFolder()
      const command = path.join(folder, 'cenotaph')
      const launcher = path.join(top, 'packages/cli/bin/cenotaph.js')
      writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`)
      chmodSync(command, 0o755)
      const { status, output } = run('bash', ['-euo', 'pipefail', '-c', fence.code], cwd, {
        PATH: `${folder}:${process.env.PATH}`,
        CENOTAPH_ROOT: path.join(cwd, 'root'),
      })
      expect(status, output).toBe(0)
    })
  }
})
