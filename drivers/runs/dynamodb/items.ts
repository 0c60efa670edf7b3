import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Run } from '../../../core/ports/runs.ts'

/**
 * Items of the control table that make up a run: `runs` / `<startedAt>#<id>`: the head, so that one query
 * lists runs by age; `run#<id>` / `head`: where the head is; `state#<enteredAt>#<name>`: a state entered;
 * `report#<path>`: a part of the report.
 */
export type Item = Record<string, AttributeValue>

/** What a call does, for errors. */
export const READ = 'read the record of runs in'
export const WRITE = 'write the record of runs in'

export const HEADS = 'runs'
export const POINTER = 'head'
export const STATE = 'state#'
export const REPORT = 'report#'

export const partitionOf = (id: string) => `run#${id}`
const instantPart = (ms: number) => String(ms).padStart(15, '0')
export const headKey = ({ id, startedAt }: Pick<Run, 'id' | 'startedAt'>) => `${instantPart(startedAt)}#${id}`
export const stateKey = ({ name, enteredAt }: Run['states'][number]) =>
  `${STATE}${instantPart(enteredAt)}#${name}`

/** A run without its report; `states` undefined while its tasks keep them as items. */
export type Head = Omit<Run, 'report' | 'states'> & { readonly states: Run['states'] | undefined }

/**
 * Step Functions gives an error's cause up to 32,768 characters, and the head must stay under 400 KB with an
 * input of 256 KB.
 */
const LONGEST_CAUSE = 32_768

/**
 * The attributes of a head. Texts of unknown shape are JSON, which keeps what DynamoDB would not (empty keys,
 * deep nesting).
 */
export function headItem(sk: string, head: Head, expires: number): Item {
  const { error, endedAt, states, stoppedBy } = head
  return {
    pk: { S: HEADS },
    sk: { S: sk },
    id: { S: head.id },
    machine: { S: head.machine },
    status: { S: head.status },
    startedAt: { N: String(head.startedAt) },
    input: { S: JSON.stringify(head.input ?? {}) },
    expires: { N: String(expires) },
    ...(endedAt !== undefined && { endedAt: { N: String(endedAt) } }),
    ...(stoppedBy !== undefined && { stoppedBy: { S: stoppedBy } }),
    ...(states !== undefined && { states: { S: JSON.stringify(states) } }),
    ...(error !== undefined && {
      error: { S: JSON.stringify({ ...error, cause: error.cause.slice(0, LONGEST_CAUSE) }) },
    }),
  }
}

export function headOf(item: Item): Head {
  const endedAt = item['endedAt']?.N
  const error = item['error']?.S
  const states = item['states']?.S
  const stoppedBy = item['stoppedBy']?.S
  return {
    id: textOf(item, 'id'),
    machine: textOf(item, 'machine'),
    input: JSON.parse(textOf(item, 'input')) as unknown,
    status: textOf(item, 'status') as Run['status'],
    startedAt: Number(item['startedAt']?.N),
    ...(endedAt !== undefined && { endedAt: Number(endedAt) }),
    ...(stoppedBy !== undefined && { stoppedBy }),
    ...(error !== undefined && { error: JSON.parse(error) as NonNullable<Run['error']> }),
    states: states === undefined ? undefined : (JSON.parse(states) as Run['states']),
  }
}

export function stateOf(sk: string): Run['states'][number] {
  const [enteredAt, ...name] = sk.slice(STATE.length).split('#')
  return { name: name.join('#'), enteredAt: Number(enteredAt) }
}

/** The JSON texts of a part of a report: every attribute whose name is a path. */
export function attributesOf(item: Item): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(item).flatMap(([name, value]) =>
      name.startsWith('[') && value.S !== undefined ? [[name, value.S] as const] : [],
    ),
  )
}

function textOf(item: Item, name: string): string {
  return item[name]?.S ?? ''
}
