import { diskError, type StoreError } from '@cenotaph/storage'

/** An error of the operating system, as the real disk tells it. */
export const simError = (errno: string, call: string, path: string): StoreError =>
  diskError(Object.assign(new Error(errno), { code: errno }), call, path)
