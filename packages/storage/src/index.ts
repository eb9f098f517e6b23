export { breathe, urgently } from './breathe.js'
export { type Clock, nodeClock } from './clock.js'
export type { Disk, DiskFile, FileStat, FolderEntry } from './disk.js'
export { type Entropy, nodeEntropy } from './entropy.js'
export { type ErrorCode, errorCodes } from './error-codes.js'
export { kindOf } from './list-folder.js'
export { MemoryDisk, type MemoryDiskOptions } from './memory-disk.js'
export { fileStatOf, nodeDisk } from './node-disk.js'
export { diskError, errnoOf } from './node-errors.js'
export {
  isStoreError,
  type Outcome,
  StoreError,
  type StoreErrorOptions,
} from './store-error.js'
export { readWhole, replaceWhole, writeNew } from './whole-file.js'
