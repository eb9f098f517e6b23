import { StoreError } from './store-error.js'

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

const transient = new Set(['EBUSY', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR'])

/** Translates an error of the operating system. Paths hold ids and times only, so they may be told. */
export function diskError(error: unknown, call: string, path: string): StoreError {
  const errno = errnoOf(error)
  const full = errno === 'ENOSPC' || errno === 'EDQUOT'
  return new StoreError(
    full ? 'DISK_FULL' : 'DISK_ERROR',
    full ? `the disk is full (${call} ${path})` : `${call} failed on ${path}: ${errno ?? error}`,
    {
      cause: error,
      detail: { call, path, errno },
      retryable: full || (errno !== undefined && transient.has(errno)),
    },
  )
}
