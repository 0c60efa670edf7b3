import type { Access } from '../../core/access/access.ts'
import { hiddenFields, isOfRows } from '../../core/access/event-access.ts'
import { nearest } from '../../core/data/nearest.ts'
import type { Contract, Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { EventFilter } from '../../core/events/event-filter.ts'
import type { ListQuestion } from '../../steps/events/list-events.ts'
import { single } from '../middleware/query-string.ts'

const WHERE = 'where.'
const MOST_VALUES = 100
const VERDICTS = ['accepted', 'duplicate', 'rejected'] as const

/**
 * The filter of a query string, kept to what its caller may see.
 *
 * @param types those among which the caller may ask
 * @throws TributaryError `bad_request` naming the parameter; `forbidden` for a field that is masked
 */
export function eventFilterOf(
  { latest }: Pick<Pipeline, 'latest'>,
  types: readonly string[],
  query: URLSearchParams,
  access: Access,
): EventFilter {
  const contracts = types.map(type => latest.get(type)!)
  const where = [...new Set(query.keys())].filter(name => name.startsWith(WHERE))
  return {
    ...{ types, source: single(query, 'source'), text: single(query, 'text') },
    where: Object.fromEntries(
      where.map(name => [name.slice(WHERE.length), valuesOf(contracts, query, name, access)]),
    ),
    rows: isOfRows(access) ? access.where : undefined,
  }
}

function valuesOf(
  contracts: readonly Contract[],
  query: URLSearchParams,
  parameter: string,
  access: Access,
): readonly string[] {
  const name = parameter.slice(WHERE.length)
  const having = contracts.filter(({ fields }) => fields.some(field => field.name === name))
  if (having.length === 0) throw noField(contracts, parameter, name)
  // To be told which events have a value is to be told the value.
  if (having.some(contract => hiddenFields(access, contract).has(name)))
    throw new TributaryError(
      'forbidden',
      `field ${name} is sensitive; a key with the scope admin may ask for it`,
    )
  const values = query.getAll(parameter)
  if (values.length <= MOST_VALUES) return values
  throw new TributaryError(
    'bad_request',
    `"${parameter.slice(0, 100)}" is given more than ${MOST_VALUES} values; ask in parts`,
  )
}

function noField(contracts: readonly Contract[], parameter: string, name: string): TributaryError {
  const names = [...new Set(contracts.flatMap(({ fields }) => fields.map(field => field.name)))]
  const near = nearest(name, names)
  const remedy =
    near === undefined ? 'GET /v1/contracts has the fields of each type' : `did you mean ${WHERE}${near}?`
  return new TributaryError(
    'bad_request',
    `parameter "${parameter.slice(0, 100)}" names no field of these types; ${remedy}`,
  )
}

/** @throws TributaryError `bad_request`; `forbidden`: rejected events are listed to admins */
export function verdictOf(query: URLSearchParams, access: Access): ListQuestion['verdict'] {
  const text = single(query, 'verdict')
  if (text === undefined) return undefined
  const verdict = VERDICTS.find(one => one === text)
  if (verdict === undefined)
    throw new TributaryError(
      'bad_request',
      `parameter "verdict" cannot be "${text.slice(0, 100)}"; give one of ${VERDICTS.join(', ')}`,
    )
  if (verdict === 'rejected' && access.isAdmin !== true)
    throw new TributaryError(
      'forbidden',
      'rejected events are kept whole; a key with the scope admin lists them',
    )
  return verdict
}

const CURSOR = /^\d{13}(-[\w-]{1,100})?$/

/** @throws TributaryError `bad_request` */
export function cursorOf(query: URLSearchParams): string | undefined {
  const text = single(query, 'before')
  if (text === undefined || CURSOR.test(text)) return text
  throw new TributaryError(
    'bad_request',
    'parameter "before" names no page; give `next` of the answer before',
  )
}
