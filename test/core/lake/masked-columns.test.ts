import Type from 'typebox'
import { expect, test } from 'vitest'
import { count, distinct, first, max, quantile, sum } from '../../../core/declare/measures.ts'
import { compilePipeline } from '../../../core/declare/pipeline.ts'
import { maskedColumns } from '../../../core/lake/masked-columns.ts'

const type = 'com.example.order'
const data = Type.Object({
  shop: Type.String(),
  buyer: Type.Object({ email: Type.String(), age: Type.Integer() }),
  price: Type.Number({ multipleOf: 0.01 }),
})
const contract = { type, version: 1, partitionBy: ['shop'], data }
const metric = (name: string, by: string[], measures: object) => ({
  file: name,
  declaration: {
    name,
    type,
    window: 'day' as const,
    by,
    measures: measures as { n: ReturnType<typeof count> },
  },
})

test('sensitive fields are masked in tables of events, and where metrics group by them or show a value of them', () => {
  const masked = maskedColumns(
    compilePipeline({
      contracts: [{ file: 'c', declaration: { ...contract, sensitive: ['buyer.email', 'buyer.age'] } }],
      metrics: [
        metric('by_shop', ['shop'], { n: count(), price: sum('price') }),
        metric('by_buyer', ['shop', 'buyer.email'], { n: count(), price: max('price') }),
        metric('ages', ['shop'], {
          ...{ oldest: max('buyer.age'), p90: quantile('buyer.age', 0.9), one: first('buyer.email') },
          ...{ years: sum('buyer.age'), ages: distinct('buyer.age') },
        }),
      ],
      schedules: [],
    }),
  )
  expect(Object.fromEntries([...masked].map(([table, columns]) => [table, [...columns].sort()]))).toEqual({
    order: ['buyer_age', 'buyer_email'],
    by_shop: [],
    by_buyer: ['buyer_email', 'group_key'],
    ages: ['oldest', 'one', 'p90'],
  })
})

test('the newest contract of a type decides', () => {
  const { latest, metrics, models } = compilePipeline({
    contracts: [
      { file: 'c1', declaration: contract },
      { file: 'c2', declaration: { ...contract, version: 2, sensitive: ['price'] } },
    ],
    metrics: [],
    schedules: [],
  })
  expect(maskedColumns({ latest, metrics, models }).get('order')).toEqual(new Set(['price']))
})

test('the field that says whom an event is about is masked as sensitive ones are', () => {
  const declaration = { ...contract, subject: 'buyer.email', sensitive: ['buyer.age'] }
  const masked = maskedColumns(
    compilePipeline({
      contracts: [{ file: 'c', declaration }],
      metrics: [
        metric('by_buyer', ['buyer.email'], { n: count() }),
        metric('by_shop', ['shop'], { one: first('buyer.email'), buyers: distinct('buyer.email') }),
      ],
      schedules: [],
    }),
  )
  expect(masked.get('order')).toEqual(new Set(['buyer_email', 'buyer_age']))
  expect(masked.get('by_buyer')).toEqual(new Set(['buyer_email', 'group_key']))
  expect(masked.get('by_shop')).toEqual(new Set(['one']))
})

test('a model masks what is made of a masked column, also through other models', () => {
  const model = (name: string, text: string) => ({ file: `${name}.sql`, declaration: { name, text } })
  const masked = maskedColumns(
    compilePipeline({
      contracts: [{ file: 'c', declaration: { ...contract, sensitive: ['buyer.email', 'buyer.age'] } }],
      metrics: [metric('by_buyer', ['buyer.email'], { n: count() })],
      models: [
        model(
          'buyers',
          `-- kind: full
-- key: id
SELECT event_id AS id, shop, replace(buyer_email, '@', ' at ') AS mail,
  CASE WHEN buyer_age < 18 THEN 1 ELSE 0 END AS young
FROM curated.order`,
        ),
        model(
          'ages',
          `-- kind: full
-- key: shop
SELECT b.shop, max(b.young) AS any_young, count(*) AS orders FROM buyers AS b GROUP BY b.shop`,
        ),
        model(
          'mails',
          '-- kind: full\n-- key: mail\nSELECT DISTINCT buyer_email AS mail FROM metric.by_buyer',
        ),
      ],
      schedules: [],
    }),
  )
  expect(masked.get('buyers')).toEqual(new Set(['mail', 'young']))
  expect(masked.get('ages')).toEqual(new Set(['any_young']))
  expect(masked.get('mails')).toEqual(new Set(['mail']))
})
