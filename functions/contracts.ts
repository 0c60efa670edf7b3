import { isAmong, readableTypes, typesText } from '../core/access/access.ts'
import type { Contract, Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

export type ContractsDeps = { readonly pipeline: Pick<Pipeline, 'contracts' | 'latest'> }

/**
 * GET /v1/contracts, the registry; GET /v1/contracts/{type}/{version}, the JSON Schema of an event's data.
 */
export function createHandler(deps: ContractsDeps): Work {
  const { contracts, latest } = deps.pipeline
  return (event, access) => {
    const { type, version } = event.pathParameters ?? {}
    const types = readableTypes(access)
    if (type === undefined) {
      const readable = contracts.filter(one => isAmong(one.type, types))
      return json(200, { contracts: readable.map(one => describe(one, latest.get(one.type) === one)) })
    }
    if (!isAmong(type, types))
      throw new TributaryError('forbidden', `key ${access.name} reads of ${typesText(types)} alone`)
    const contract = contracts.find(one => one.type === type && String(one.version) === version)
    if (contract === undefined)
      throw new TributaryError(
        'not_found',
        `there is no contract "${type.slice(0, 100)}" version "${(version ?? '').slice(0, 20)}"; GET /v1/contracts lists them`,
      )
    const answer = json(200, schemaOf(contract))
    return { ...answer, headers: { 'content-type': 'application/schema+json' } }
  }
}

function describe(contract: Contract, isLatest: boolean) {
  const { type, version, title, description, dedupe, sensitive } = contract
  return {
    type,
    version,
    latest: isLatest,
    title,
    description,
    partitionBy: contract.partitionBy.map(field => field.name),
    subject: contract.subject?.name ?? null,
    sensitive,
    dedupe,
    fields: contract.fields.map(({ name, kind, nullable, optional, scale = null }) => ({
      ...{ name, kind, nullable, optional, scale },
    })),
    schema: `/v1/contracts/${encodeURIComponent(type)}/${version}`,
  }
}

function schemaOf({ type, version, title, description, data }: Contract) {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `/v1/contracts/${encodeURIComponent(type)}/${version}`,
    title,
    description,
    ...data,
  }
}
