import type { Access } from '../../core/access/access.ts'
import { limitRows } from '../../core/access/limited-rows.ts'
import type { Group } from '../../core/data/group.ts'
import type { Metric } from '../../core/declare/metric-plan.ts'
import { TributaryError } from '../../core/errors.ts'
import { isMetricGroup } from '../../core/explain/group-asked.ts'
import type { Where } from '../../core/ports/views.ts'
import type { ExplainQuestion } from '../../steps/explain/explain.ts'
import { instantOf, single } from '../middleware/query-string.ts'
import { readMetricQuery } from './metric-query.ts'

/**
 * Reads the query string of a question about one number.
 *
 * @throws TributaryError `bad_request` naming the parameter and what would be right; `forbidden` for rows
 * beyond the caller's
 */
export function readExplainQuery(metric: Metric, query: URLSearchParams, access: Access): ExplainQuestion {
  const at =
    single(query, 'at') ?? bad('at', 'is not given', 'the start of the window, as a row of a query has it')
  const { window, timezone, by, where } = readMetricQuery(metric, query)
  const names = by ?? metric.by.map(({ name }) => name)
  const group = { ...groupGiven(metric, names, single(query, 'group')), ...groupNamed(names, where) }
  const others = Object.fromEntries(Object.entries(where).filter(([name]) => !names.includes(name)))
  const after = single(query, 'after')
  const thorough = single(query, 'thorough') ?? 'false'
  if (thorough !== 'true' && thorough !== 'false')
    bad('thorough', `cannot be "${thorough.slice(0, 100)}"`, 'true or false')
  return {
    ...{ name: metric.name, at: instantOf(at, 'at'), group, where: limited(metric, others, group, access) },
    ...(window !== undefined && { window }),
    ...(timezone !== undefined && { timezone }),
    ...(by !== undefined && { by }),
    ...(after !== undefined && { after: receiptOf(after) }),
    isThorough: thorough === 'true',
  }
}

/** Conditions on the fields of the group, of which each has one value. */
function groupNamed(names: readonly string[], where: Where): Group {
  const own = Object.entries(where).filter(([name]) => names.includes(name))
  return Object.fromEntries(
    own.map(([name, values]) => {
      if (values.length > 1)
        bad(`where.${name}`, 'is given more than once', 'one value: a number has one group')
      return [name, values[0]!]
    }),
  )
}

/** The group as a row of a query has it: a field that it does not have is missing in its events too. */
function groupGiven(metric: Metric, names: readonly string[], text: string | undefined): Group {
  if (text === undefined) return {}
  const value = jsonOf(text)
  if (isMetricGroup(metric, names, value)) return value
  return bad(
    'group',
    `cannot be ${text.slice(0, 100)}`,
    `a JSON object with values of ${names.join(', ')}, as a row of a query has it`,
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is no group either, and refused as such.
    return undefined
  }
}

/** The rows that the caller is limited to, beside those that the group says already. */
function limited(metric: Metric, others: Where, group: Group, access: Access): Where {
  const ofGroup = Object.entries(group).map(([name, value]) => [name, [value]] as const)
  return limitRows(metric, { ...others, ...Object.fromEntries(ofGroup) }, access)
}

const RECEIPT = /^\d{13}-[\w-]{1,100}$/

function receiptOf(text: string): string {
  if (RECEIPT.test(text)) return text
  return bad('after', `names no page`, '`next` of the answer before')
}

function bad(parameter: string, problem: string, right: string): never {
  throw new TributaryError('bad_request', `parameter "${parameter.slice(0, 100)}" ${problem}; give ${right}`)
}
