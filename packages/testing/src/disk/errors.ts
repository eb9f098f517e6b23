import { StoreError } from '@cenotaph/storage'

const transient = new Set(['EBUSY', 'EMFILE', 'EAGAIN'])

/** An error of the operating system, in the form in which the real disk tells it. */
export function simError(errno: string, call: string, path: string): StoreError {
  const full = errno === 'ENOSPC'
  return new StoreError(full ? 'DISK_FULL' : 'DISK_ERROR', `${call} ${path}: ${errno}`, {
    cause: Object.assign(new Error(errno), { code: errno }),
    detail: { call, path, errno },
    retryable: full || transient.has(errno),
  })
}
