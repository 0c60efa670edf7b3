import { rm } from 'node:fs/promises'
import { buildFolder } from './folder.ts'
import { type Trial, tryDamage } from './trial.ts'

/**
 * The damage test as a program: `node test/damage/run.ts [trials] [first seed]`. Prints what each damage came
 * to; ends with 1 where any was silent, unnamed or left numbers wrong.
 */
const [trials = 100, first = 1] = process.argv.slice(2).map(Number)
const folder = await buildFolder()
const found: Trial[] = []
for (let seed = first; seed < first + trials; seed++) {
  const trial = await tryDamage(folder, seed)
  found.push(trial)
  process.stdout.write(
    `${trial.faults.length === 0 ? 'ok  ' : 'BAD '} ${seed} ${trial.damage}\n      ${trial.course}\n`,
  )
  for (const fault of trial.faults) process.stdout.write(`      ! ${fault}\n`)
}
const bad = found.filter(({ faults }) => faults.length > 0)
process.stdout.write(`${found.length} damages, ${bad.length} not as they should be\n`)
await rm(folder.data, { recursive: true, force: true })
process.exit(bad.length === 0 ? 0 : 1)
