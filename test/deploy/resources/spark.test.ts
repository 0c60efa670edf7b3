import { expect, test } from 'vitest'
import { type Resources, readSource } from './sources.ts'

test('Spark runs what it is given and nothing else, so no stage has it unless it is asked for', async () => {
  const { default: common, ...stages } = await readSource<Record<string, object>>('params.yml')
  expect(common).toHaveProperty('heavy', 'false')
  expect(Object.keys(stages)).toContain('prod')
  for (const [stage, own] of Object.entries(stages)) expect(own, stage).not.toHaveProperty('heavy')
})

test('all that Spark needs is made only where it is asked for', async () => {
  const { Resources: emr } = await readSource<{ Resources: Resources }>('emr.yml')
  const machine = await readSource<Resources>('generated/machines/spark.yml')
  for (const part of [emr, machine]) {
    expect(Object.keys(part).length).toBeGreaterThan(3)
    for (const [id, one] of Object.entries(part)) expect(one, id).toHaveProperty('Condition', 'WithHeavy')
  }
})
