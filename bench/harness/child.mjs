// A measurement that needs a process of its own: what a start costs, and how much memory something takes. The child is a
// script of `bench/children`; the last line that it prints is a JSON object of numbers.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * @param {string} script Without its ending.
 * @param {readonly string[]} args
 * @param {readonly string[]} [before] A command that runs the child, such as strace with its options.
 * @returns {Promise<Readonly<Record<string, number>>>} what it measured, and as `wholeMs` how long it was there
 */
export async function runChild(script, args, before = []) {
  const file = fileURLToPath(new URL(`../children/${script}.mjs`, import.meta.url))
  const begin = performance.now()
  const output = await outputOf([...before, process.execPath, file, ...args])
  const wholeMs = performance.now() - begin
  return { ...JSON.parse(output.trim().split('\n').at(-1) ?? ''), wholeMs }
}

/**
 * @param {readonly string[]} words
 * @returns {Promise<string>} what it printed
 */
export function outputOf([command = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`))
    })
  })
}
