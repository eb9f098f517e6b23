// Before the first test of any run: children of tests, and the command, run what was compiled, never something stale.

import { compile } from './setup.mjs'

export default compile
