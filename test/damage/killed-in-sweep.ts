import { appendFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a platform (`--import`): it is killed before change number `KILLED_AT` of the lake's files,
 * from the first change on that a sweep makes. Each is a line of the file `CHANGES`, where that is given.
 */
const KILLED_AT = Number(process.env['KILLED_AT'] ?? Number.POSITIVE_INFINITY)
const CHANGES = process.env['CHANGES']

/** A sweep begins by moving a mark on. */
const BEGINS = /\/lake\/retention\//
const SWEPT = /\/lake\/(\.checks\/)?(retention|raw|curated|partials|condensed|staged|windows)\//

let hasBegun = false
let changes = 0

function change(what: string): void {
  hasBegun ||= BEGINS.test(what)
  if (!hasBegun || !SWEPT.test(what)) return
  if (CHANGES !== undefined) appendFileSync(CHANGES, `${what}\n`)
  if (changes++ === KILLED_AT) process.kill(process.pid, 'SIGKILL')
}

type Calls = Record<string, (...given: unknown[]) => Promise<unknown>>

for (const name of ['rename', 'rm', 'writeFile', 'mkdir']) {
  const calls = files as unknown as Calls
  const call = calls[name]!
  calls[name] = (...given) => {
    change([name, ...given.filter(each => typeof each === 'string')].join(' '))
    return call(...given)
  }
}
syncBuiltinESMExports()
