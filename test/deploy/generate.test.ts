import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compare, generate, generateMachines } from '../../deploy/generate.ts'
import { schedules } from './schedules.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = 'resources/generated'

const CONTRACT = `import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'
export default defineContract({
  type: 'com.tributary.repair', version: 1, partitionBy: ['hoverboard_id'],
  data: Type.Object({ hoverboard_id: Type.Integer(), cost: Type.Number({ multipleOf: 0.01 }), parts: Type.Array(Type.String()) }),
})
`
const METRIC = `import { count, sum } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'
export default defineMetric({
  name: 'repairs_daily', type: 'com.tributary.repair', window: 'day', measures: { repairs: count(), cost: sum('cost') },
})
`

describe('the generated parts of the template', () => {
  it('are those that the declarations give', async () => {
    expect(await compare(ROOT, await generate(ROOT))).toEqual({ changed: [], stale: [] })
  })

  it('hold their files below 150 lines', async () => {
    for (const [path, text] of await generate(ROOT)) {
      expect(text.split('\n').length, path).toBeLessThan(150)
    }
  })
})

describe('the state machine of backfills', () => {
  it('is the one that follows from that of batches', async () => {
    expect(await compare(ROOT, await generateMachines(ROOT), [])).toEqual({ changed: [], stale: [] })
  })
})

describe('a copy of the project', () => {
  let copy: string
  const declare = (path: string, text: string) => writeFile(join(copy, 'pipeline', path), text)
  const differences = async () => compare(copy, await generate(copy))

  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'tributary-generate-'))
    const folders = ['core', 'functions', 'pipeline', 'resources', 'state-machines']
    await Promise.all(folders.map(folder => cp(join(ROOT, folder), join(copy, folder), { recursive: true })))
    await cp(join(ROOT, 'package.json'), join(copy, 'package.json'))
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  })
  afterEach(() => rm(copy, { recursive: true, force: true }))

  it('gets nothing for a new contract or metric: the template stays as large as it is', async () => {
    await declare('contracts/repair.ts', CONTRACT)
    await declare('metrics/repairs-daily.ts', METRIC)
    expect(await differences()).toEqual({ changed: [], stale: [] })
  })

  it('drops what a removed declaration gave', async () => {
    await rm(join(copy, 'pipeline/schedules/batch.ts'))
    expect(await differences()).toEqual({
      changed: [`${FOLDER}/schedules/index.yml`],
      stale: [`${FOLDER}/schedules/batch.yml`],
    })
  })

  it('gets a schedule of EventBridge for every declared one', async () => {
    for (const [name, { text }] of Object.entries(schedules)) await declare(`schedules/${name}.ts`, text)
    const files = await generate(copy)
    for (const [name, { expression }] of Object.entries(schedules))
      expect(files.get(`${FOLDER}/schedules/${name}.yml`), name).toContain(
        `ScheduleExpression: ${expression}`,
      )
  })

  it('refuses a schedule of a machine that does not exist, naming those that do', async () => {
    await declare(
      'schedules/wrong.ts',
      schedules['daily']!.text.replace("machine: 'backfill'", "machine: 'bakfill'"),
    )
    await expect(generate(copy)).rejects.toThrow(
      /starts machine "bakfill", which does not exist; use one of backfill, batch/,
    )
  })

  it('gets a state for backfills by adding it to batches', async () => {
    const file = join(copy, 'state-machines/batch.asl.json')
    const batch = JSON.parse(await readFile(file, 'utf8')) as { States: Record<string, unknown> }
    const added = { Type: 'Wait', Seconds: 1, Next: 'Refine' }
    await writeFile(file, JSON.stringify({ ...batch, States: { ...batch.States, Rest: added } }))
    const backfill = (await generateMachines(copy)).get('state-machines/backfill.asl.json')!
    const { States } = JSON.parse(backfill) as { States: Record<string, unknown> }
    expect(States).toMatchObject({ Rest: added, Continue: { Next: 'Done' } })
  })

  it('refuses a state machine with a placeholder that nothing stands for', async () => {
    const file = join(copy, 'state-machines/batch.asl.json')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('PlanFunctionArn', 'PlamFunctionArn'))
    await expect(generate(copy)).rejects.toThrow(/batch\.asl\.json: nothing stands for \$\{PlamFunctionArn\}/)
  })

  it('refuses a state machine that calls what it has no rights for', async () => {
    const file = join(copy, 'state-machines/replay.asl.json')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(':::lambda:invoke', ':::sqs:sendMessage'))
    await expect(generate(copy)).rejects.toThrow(/no rights are known for arn:aws:states:::sqs:sendMessage/)
  })
})
