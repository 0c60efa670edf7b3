import { isAmong, readableTypes, typesText } from '../core/access/access.ts'
import { draftDeclarations } from '../core/declare/drafts/drafts.ts'
import { readContractChoices, readMetricChoices } from '../core/declare/drafts/read-choices.ts'
import type { Contract, Pipeline } from '../core/declare/pipeline.ts'
import { TributaryError } from '../core/errors.ts'
import { type HttpEvent, json } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'
import { jsonObject } from './middleware/json-body.ts'

export type ContractsDeps = { readonly pipeline: Pick<Pipeline, 'contracts' | 'latest'> }

/**
 * GET /v1/contracts, the registry; GET /v1/contracts/{type}/{version}, the JSON Schema of an event's data;
 * POST /v1/contracts/draft, the files that samples would be declared by.
 */
export function createHandler(deps: ContractsDeps): Work {
  const { contracts, latest } = deps.pipeline
  return (event, access) => {
    const { type, version } = event.pathParameters ?? {}
    const types = readableTypes(access)
    const readable = contracts.filter(one => isAmong(one.type, types))
    if (event.routeKey === DRAFT) return json(200, draftsOf(event, readable))
    if (type === undefined)
      return json(200, { contracts: readable.map(one => describe(one, latest.get(one.type) === one)) })
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

const DRAFT = 'POST /v1/contracts/draft'

/** Nothing of the samples is kept. */
function draftsOf(event: HttpEvent, declared: readonly Contract[]) {
  const { samples, contract, metric } = jsonObject(event, ['samples', 'contract', 'metric'])
  if (!Array.isArray(samples))
    throw new TributaryError('bad_request', '"samples" has to be a list of events, or of their data')
  return draftDeclarations(samples, readContractChoices(contract), readMetricChoices(metric), declared)
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
