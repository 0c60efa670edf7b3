#!/usr/bin/env node
// The command as npm links it: of a checkout the source, of the installed package what was built of it, since
// Node runs no TypeScript below node_modules. This file is JavaScript that any Node reads, to say what it needs.
import { existsSync } from 'node:fs'

const [major] = process.versions.node.split('.')
if (Number(major) < 24) {
  process.stderr.write(
    `tributary needs Node.js 24 or later, and this is ${process.version}; install it, or put it beside the ` +
      'project: npm install --save-dev node@24\n',
  )
  process.exit(1)
}
const source = new URL('bin.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../../dist/local/cli/bin.js', import.meta.url).href)
