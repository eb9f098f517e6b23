/** Lets what else waits for the event loop run first: long loops call it every few hundred rounds. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
