// Looks for canaries in every byte under a folder of the real disk.

import { nodeDisk } from '@cenotaph/storage'
import { type DiskScan, scanDisk } from '@cenotaph/testing'

export { collect } from '@cenotaph/testing'

export type RootScan = DiskScan

/** Scans what is there now; a file that vanishes meanwhile holds nothing. */
export const scanRoot = (root: string): Promise<RootScan> => scanDisk(nodeDisk, root)
