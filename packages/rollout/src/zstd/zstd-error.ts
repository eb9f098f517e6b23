import { StoreError } from '@cenotaph/storage'

/** The file is no whole, sound zstd file: cut off, followed by garbage, failing a checksum, or lying. */
export function damaged(path: string, offset: number, what: string, cause?: unknown): StoreError {
  return new StoreError('ROLLOUT_ZSTD_DAMAGED', `The compressed rollout is damaged: ${what}`, {
    detail: { path, offset },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The file would take more memory or room than the limits allow. */
export function bomb(path: string, detail: Readonly<Record<string, number>>): StoreError {
  return new StoreError('ROLLOUT_ZSTD_BOMB', 'The compressed rollout expands beyond its limits', {
    detail: { path, ...detail },
  })
}
