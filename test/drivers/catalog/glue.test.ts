import { expect, test } from 'vitest'
import { compilePipeline, type Pipeline } from '../../../core/declare/pipeline.ts'
import { timeLeftOf } from '../../../drivers/aws/retry.ts'
import { createGlueCall } from '../../../drivers/catalog/glue/calls.ts'
import { createGlueCatalog } from '../../../drivers/catalog/glue/catalog.ts'
import { catalogTables } from '../../../drivers/catalog/glue/tables.ts'
import { describeOnMinistack } from '../../engines/ministack.ts'

const PLACE = { lake: 'lake', epochLength: 3_600_000 }

/** A pipeline of these event types, each with an id and these fields. */
function pipelineOf(types: readonly string[], fields: Readonly<Record<string, object>> = {}): Pipeline {
  const contracts = types.map(type => ({
    file: `${type}.json`,
    declaration: {
      ...{ type, version: 1, partitionBy: ['id'] },
      data: {
        ...{ type: 'object', required: ['id'], properties: { id: { type: 'string' }, ...fields } },
      } as const,
    },
  }))
  return compilePipeline({ contracts, metrics: [], schedules: [] })
}

describeOnMinistack('the catalog that Athena reads', ['glue'], ministack => {
  async function database() {
    const { endpoint, region, credentials } = ministack.settings()
    const call = createGlueCall({ endpoint, region, credentials, timeLeft: timeLeftOf(20_000) })
    const name = ministack.name('database').replace('-', '_')
    await call('CreateDatabase', { DatabaseInput: { Name: name } })
    const catalog = createGlueCatalog({ call, database: name })
    const table = async (Name: string) =>
      (await call('GetTable', { DatabaseName: name, Name }))['Table'] as {
        Parameters: Record<string, string>
        StorageDescriptor: { Columns: { Name: string; Type: string }[]; Location: string }
      }
    return {
      call,
      name,
      catalog,
      table,
      bring: (made: Pipeline) => catalog.bring(catalogTables(made, PLACE)),
    }
  }

  test('has a raw and a curated table of each type, and is left alone when nothing has changed', async () => {
    const { bring, table } = await database()
    const pipeline = pipelineOf(['com.shop.order', 'com.shop.Refund-2'], {
      amount: { type: 'number', multipleOf: 0.01 },
    })
    const names = ['order', 'refund_2'].flatMap(type => [`curated_com_shop_${type}`, `raw_com_shop_${type}`])
    const { made } = await bring(pipeline)
    expect(made.toSorted()).toEqual(names.toSorted())
    const { StorageDescriptor, Parameters } = await table('curated_com_shop_order')
    expect(StorageDescriptor.Location).toBe('s3://lake/manifests/curated/type=com.shop.order/')
    expect(StorageDescriptor.Columns).toContainEqual(
      expect.objectContaining({ Name: 'amount', Type: 'decimal(18,2)' }),
    )
    expect(Parameters).toMatchObject({
      'projection.epoch.interval': '1',
      'projection.epoch.interval.unit': 'HOURS',
      // Athena's own variable; the folder's name is one that no column of the files has.
      'storage.location.template': `${StorageDescriptor.Location}tbepoch=\${epoch}`,
    })
    expect(await bring(pipeline)).toEqual({ made: [], changed: [], removed: [] })
  })

  test('follows a field that is added, and a type that is taken out', async () => {
    const { bring, table, call, name } = await database()
    await bring(pipelineOf(['com.shop.order', 'com.shop.refund']))
    const changes = await bring(pipelineOf(['com.shop.order'], { note: { type: 'string' } }))
    expect(changes.changed).toEqual(['curated_com_shop_order'])
    expect(changes.removed.toSorted()).toEqual(['curated_com_shop_refund', 'raw_com_shop_refund'])
    const { StorageDescriptor } = await table('curated_com_shop_order')
    expect(StorageDescriptor.Columns.map(column => column.Name)).toContain('note')
    const left = (await call('GetTables', { DatabaseName: name }))['TableList'] as object[]
    expect(left).toHaveLength(2)
  })

  test('takes over tables that an older version made, makes again what was deleted, and leaves those of others', async () => {
    const { bring, table, call, name } = await database()
    for (const Name of ['raw_com_shop_order', 'of_an_analyst'])
      await call('CreateTable', { DatabaseName: name, TableInput: { Name, Parameters: { owner: 'x' } } })
    const first = await bring(pipelineOf(['com.shop.order']))
    expect(first).toEqual({ made: ['curated_com_shop_order'], changed: ['raw_com_shop_order'], removed: [] })
    await call('DeleteTable', { DatabaseName: name, Name: 'raw_com_shop_order' })
    expect((await bring(pipelineOf(['com.shop.order']))).made).toEqual(['raw_com_shop_order'])
    expect((await bring(pipelineOf(['com.shop.refund']))).removed).toHaveLength(2)
    expect(await table('of_an_analyst')).toMatchObject({ Parameters: { owner: 'x' } })
  })

  test('takes hundreds of types', async () => {
    const { bring } = await database()
    const pipeline = pipelineOf(Array.from({ length: 250 }, (_, i) => `com.shop.type-${i}`))
    expect((await bring(pipeline)).made).toHaveLength(500)
    expect(await bring(pipeline)).toEqual({ made: [], changed: [], removed: [] })
  })

  test('says what Glue refuses, by its name', async () => {
    const { call } = await database()
    const refused = call('GetTable', { DatabaseName: 'none', Name: 'x' })
    await expect(refused).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(refused).rejects.toThrow(
      /GetTable in the catalog \(EntityNotFoundException\): deploy the stack/,
    )
  })
})

// The emulator gives all tables in one page.
test('the list of tables is read to its last page', async () => {
  const tables = catalogTables(pipelineOf(['com.shop.order', 'com.shop.refund']), PLACE)
  const stored: object[] = []
  const call = async (action: string, input: object): Promise<Record<string, unknown>> => {
    const { TableInput, NextToken = '0' } = input as { TableInput?: object; NextToken?: string }
    if (action === 'CreateTable') stored.push(TableInput!)
    const next = Number(NextToken) + 1
    return {
      TableList: [stored[next - 1] ?? []].flat(),
      ...(next < stored.length && { NextToken: String(next) }),
    }
  }
  const catalog = createGlueCatalog({ call, database: 'lake' })
  expect((await catalog.bring(tables)).made).toHaveLength(4)
  expect(await catalog.bring(tables)).toEqual({ made: [], changed: [], removed: [] })
})

test.each([
  [60_000, '1', 'MINUTES'],
  [900_000, '15', 'MINUTES'],
  [3_600_000, '1', 'HOURS'],
  [43_200_000, '12', 'HOURS'],
  [86_400_000, '1', 'DAYS'],
])('epochs of %i ms are %s %s apart in Athena', (epochLength, interval, unit) => {
  const [raw] = catalogTables(pipelineOf(['com.shop.order']), { lake: 'lake', epochLength })
  expect(raw!.Parameters).toMatchObject({
    ...{ 'projection.epoch.interval': interval, 'projection.epoch.interval.unit': unit },
  })
})
