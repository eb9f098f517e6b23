// Rollouts of a store as sources: on its disk, decoded by its codec.

import {
  type OpenSourceOptions,
  openRolloutSource,
  openZstdSource,
  type RolloutSource,
} from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'

/** By the name's ending, `.zst` or not; undefined where there is no such file. @throws ROLLOUT_ZSTD_DAMAGED */
export const openSource = (
  { disk, options: { codec } }: StoreContext,
  path: string,
  options: OpenSourceOptions = {},
): Promise<RolloutSource | undefined> => openRolloutSource(disk, path, { ...options, codec })

/** A compressed one, whatever its name. */
export const openCompressed = (
  { disk, options: { codec } }: StoreContext,
  path: string,
): Promise<RolloutSource | undefined> => openZstdSource(disk, path, { codec })
