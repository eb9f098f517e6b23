#!/usr/bin/env node
// Starts the command. Plain JavaScript that any Node can parse, so that an old one gets a sentence and no stack.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `cenotaph needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and try again.\n`,
  )
  process.exitCode = 1
} else {
  import('../dist/main.js').then(
    async ({ main }) => {
      process.exitCode = await main(process.argv.slice(2))
    },
    (error) => {
      process.stderr.write(`cenotaph is not built (${error.message}). Run \`npm run build\`.\n`)
      process.exitCode = 1
    },
  )
}
