import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { describeApi } from '../../../core/api/openapi.ts'
import { ROUTES } from '../../../functions/table.ts'
import { flight, pipeline, startPlatform } from '../../local/test-platform.ts'

type Operation = {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: unknown }[]
  responses: Record<string, unknown>
  security: unknown[]
}
type Document = {
  openapi: string
  info: Record<string, string>
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

  test('describes the groups and values of every metric', () => {
    const schema = JSON.stringify(document.components.schemas['metric.flights_daily'])
    for (const word of ['origin', 'delay_p95', 'destinations', 'provenance']) expect(schema).toContain(word)
    expect(document.paths['/v1/metrics/flights_daily']?.['get']?.parameters?.map(one => one.name)).toContain(
      'where.origin',
    )
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
