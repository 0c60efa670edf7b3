#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Half of what a command takes is the compiling of its modules. Where the folder cannot be written, and where
// NODE_COMPILE_CACHE names another, this does nothing; so the program is imported after it. As an installed
// package the program lies in node_modules/tributary/dist itself.
const modules = import.meta.filename.endsWith('.ts') ? '../../node_modules' : '../../../..'
enableCompileCache(join(import.meta.dirname, modules, '.cache/compiled'))
const { runCommand } = await import('./program.ts')

// A reader that has seen enough, such as head, is no failure. What it does not read of progress and of what
// went wrong changes nothing of the work.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
process.stderr.on('error', () => undefined)
const stop = new AbortController()
// The first Ctrl-C stops clean; by then the handler is gone, and a second one ends the process at once.
process.once('SIGINT', () => stop.abort())

process.exitCode = await runCommand(process.argv.slice(2), {
  variables: process.env,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  signal: stop.signal,
})
// Standard input that was not read to its end would keep the process alive.
process.stdin.destroy()
