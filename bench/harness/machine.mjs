// What a figure holds for: the machine and the versions. The name of the machine is nobody's business.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import { version } from '@cenotaph/core'

/**
 * @typedef {object} Machine
 * @property {string} processor
 * @property {number} cores
 * @property {number} memoryBytes
 * @property {string} system
 * @property {string} fileSystem Of the folder in which the stores were.
 */

/** Of statfs(2). */
const fileSystems = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x2fc12fc1, 'zfs'],
  [0x794c7630, 'overlay'],
])

/**
 * @param {string} folder
 * @returns {Promise<Machine>}
 */
export async function machineOf(folder) {
  const { type } = await fs.statfs(folder)
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    fileSystem: fileSystems.get(type) ?? `0x${type.toString(16)}`,
  }
}

/** Programs that wait for a processor, over the last minute. */
export const loadNow = () => Math.round((os.loadavg()[0] ?? 0) * 100) / 100

/** @returns {Record<string, string>} */
export const ownVersions = () => ({ cenotaph: version, node: process.versions.node })

/**
 * The first line that a program says of itself, or undefined where there is no such program.
 *
 * @param {string} program
 * @param {readonly string[]} args
 */
export function programVersion(program, args = ['--version']) {
  const { status, stdout } = spawnSync(program, [...args], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n')[0] : undefined
}
