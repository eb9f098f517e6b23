export { Ballast } from './ballast.js'
export { type RootLayout, rootLayout } from './layout.js'
export { type Owner, readOwner, refuseLiveOwner, removeOwner, writeOwner } from './owner-file.js'
export { prepareRoot } from './prepare-root.js'
