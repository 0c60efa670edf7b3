import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { describeApi } from '../../../core/api/openapi.ts'
import { ROUTES } from '../../../functions/table.ts'
import { flight, pipeline, startPlatform } from '../../local/test-platform.ts'

type Operation = {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: unknown }[]
  requestBody?: { required: boolean }
  responses: Record<string, { content: object }>
  security: unknown[]
  tags: string[]
}
type Document = {
  openapi: string
  info: Record<string, unknown>
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: object }
}

const document = JSON.parse(JSON.stringify(describeApi(pipeline, ROUTES))) as Document
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
)

function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  const own = '$ref' in node && typeof node.$ref === 'string' ? [node.$ref] : []
  return [...own, ...Object.values(node).flatMap(references)]
}

describe('the OpenAPI document', () => {
  test('is 3.1 with title and version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Tributary', version: '1' } })
  })

  test('names components by allowed characters, and every reference leads to one', () => {
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[A-Za-z0-9._-]+$/)
    for (const reference of references(document))
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')])
  })

  test('gives every call an id of its own, answers and its path parameters', () => {
    expect(new Set(operations.map(one => one.operation.operationId)).size).toBe(operations.length)
    for (const { path, operation } of operations) {
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
      const declared = (operation.parameters ?? []).filter(one => one.in === 'path')
      expect(declared.map(one => one.name)).toEqual(inPath)
      expect(declared.every(one => one.required)).toBe(true)
    }
  })

  test('holds schemas that compile, and that say what ingest says', () => {
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    ajv.addSchema({ $id: 'doc', ...document })
    for (const name of Object.keys(document.components.schemas))
      ajv.compile({ $ref: `doc#/components/schemas/${name}` })
    const isFlight = ajv.compile({ $ref: 'doc#/components/schemas/com.tributary.flight.1' })
    expect(isFlight(flight('a'))).toBe(true)
    expect(isFlight(flight('a', { data: {} }))).toBe(false)
  })

  test('says where it is served, who may use it, and groups calls by declared tags', () => {
    expect(document).toMatchObject({ servers: [{ url: '/' }], info: { license: { name: 'MIT' } } })
    const tags = document.tags.map(tag => tag.name)
    for (const { operation } of operations) expect(tags).toEqual(expect.arrayContaining(operation.tags))
  })

  test.each(['POST /v1/rejected/replay', 'POST /v1/runs', 'POST /v1/events'])(
    'says whether %s needs its body as the server does',
    async call => {
      const [method = '', path = ''] = call.split(' ')
      const platform = await startPlatform()
      const { status } = await platform.call(method, path, 'a')
      const { required } = document.paths[path]![method.toLowerCase()]!.requestBody!
      expect(required).toBe(status >= 400)
      await platform.close()
    },
  )

  test('lists the names that the input of a run may have', () => {
    const { MetricName, EventType } = document.components.schemas
    expect(MetricName).toMatchObject({ enum: pipeline.metrics.map(({ name }) => name) })
    expect(EventType).toMatchObject({ enum: [...pipeline.latest.keys()] })
    const start = JSON.stringify(document.components.schemas['StartRun.delivery'])
    expect(start).toContain('#/components/schemas/MetricName')
    const none = describeApi({ ...pipeline, metrics: [] }, ROUTES) as unknown as Document
    expect(none.components.schemas['MetricName']).not.toHaveProperty('enum')
  })

  test('models every refusal of a call, and every one as problem details', () => {
    for (const { path, operation } of operations) {
      const expected = ['400', '429', '503', 'default']
      if (operation.security.length > 0) expected.push('401', '403')
      if (path.includes('{')) expected.push('404')
      if (operation.requestBody !== undefined) expected.push('413', '415')
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(expected))
      for (const [status, { content }] of Object.entries(operation.responses))
        if (status >= '400' && path !== '/v1/health')
          expect([path, status, Object.keys(content)]).toEqual([path, status, ['application/problem+json']])
    }
  })

  test('offers generators nothing that they stumble over', () => {
    const found: string[] = []
    const look = (node: unknown, place: string): void => {
      if (typeof node !== 'object' || node === null) return
      const schema = node as Record<string, unknown>
      if (Array.isArray(schema['enum']) && schema['enum'].length === 0)
        found.push(`an empty enum at ${place}`)
      if ('minimum' in schema && 'exclusiveMinimum' in schema) found.push(`two lower bounds at ${place}`)
      if ('maximum' in schema && 'exclusiveMaximum' in schema) found.push(`two upper bounds at ${place}`)
      if (place.startsWith('/components') && typeof schema['title'] === 'string')
        found.push(`a title at ${place}`)
      if (place.startsWith('/components') && 'default' in schema) found.push(`a default at ${place}`)
      for (const [key, value] of Object.entries(schema)) {
        if (value === false && !/^(additionalProperties|explode|required)$/.test(key))
          found.push(`no schema at ${place}/${key}`)
        look(value, `${place}/${key}`)
      }
    }
    look(document, '')
    expect(found).toEqual([])
    expect(new Set(references(document)).size).toBe(Object.keys(document.components.schemas).length)
  })

  test('describes the groups and values of every metric', () => {
    const schema = JSON.stringify(document.components.schemas['metric.flights_daily'])
    for (const word of ['origin', 'delay_p95', 'destinations', 'provenance']) expect(schema).toContain(word)
    expect(document.paths['/v1/metrics/flights_daily']?.['get']?.parameters?.map(one => one.name)).toContain(
      'where.origin',
    )
  })

  test('says which version a dataschema names, and that events of an older one have to', () => {
    const older = { ...pipeline.contracts[0]!, version: 1 }
    const newer = { ...older, version: 2 }
    const both = describeApi({ ...pipeline, contracts: [older, newer] }, ROUTES)
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    ajv.addSchema({ $id: 'doc', ...both })
    const of = (version: number) =>
      ajv.compile({ $ref: `doc#/components/schemas/${older.type}.${version}/properties/dataschema` })
    const required = (version: number) =>
      JSON.parse(JSON.stringify(both)).components.schemas[`${older.type}.${version}`].required.includes(
        'dataschema',
      )
    expect([of(1)('/v1/contracts/x/1'), of(1)('/2'), of(1)(null), of(2)('/2'), of(2)(null)]).toEqual([
      ...[true, false, false, true, true],
    ])
    expect([required(1), required(2)]).toEqual([true, false])
  })

  test('describes every call that the server answers, and no other', async () => {
    const platform = await startPlatform()
    for (const { path, method } of operations) {
      const answer = await platform.call(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), 'a', undefined)
      expect([path, answer.status === 405]).toEqual([path, false])
      if (!path.includes('{')) expect([path, answer.status]).not.toEqual([path, 404])
    }
    await platform.close()
  })
})
