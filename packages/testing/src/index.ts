export { type CrashOptions, crashStateCount, crashStates } from './disk/crash-states.js'
export { SECTOR_BYTES } from './disk/inode.js'
export { SimDisk, type SimDiskOptions } from './disk/sim-disk.js'
export { pick, type Random, seededRandom } from './random.js'
