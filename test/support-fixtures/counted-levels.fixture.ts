// The real database, with a count of the operations in each batch that is written to it.

import { fileLevels, type Level, type Levels } from '@cenotaph/journal'

export function countedLevels(): { readonly levels: Levels; readonly batches: number[] } {
  const batches: number[] = []
  const counted = (level: Level): Level =>
    new Proxy(level, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'batch') {
          return (operations: readonly unknown[], options: unknown) => {
            batches.push(operations.length)
            return Reflect.apply(value as () => unknown, target, [operations, options])
          }
        }
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return {
    levels: {
      ...fileLevels,
      open: async (folder, options) => counted(await fileLevels.open(folder, options)),
    },
    batches,
  }
}
