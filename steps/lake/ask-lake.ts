import type { Access } from '../../core/access/access.ts'
import { TributaryError } from '../../core/errors.ts'
import { QUERY_SCHEMAS, type QueryTable } from '../../core/statements/query-tables.ts'
import type {
  ResultFormat,
  RunStatement,
  Statement,
  StatementResult,
} from '../../core/statements/statement.ts'
import type { NamedTable } from '../../core/statements/statement-check.ts'
import { type VisibleTable, visibleTables } from '../../core/statements/visible-tables.ts'
import { inTurn } from '../explain/in-turn.ts'
import { type OpenTablesPorts, openTables } from './open-tables.ts'

export type AskLakePorts = OpenTablesPorts & {
  readonly runStatement: RunStatement
}

/** A statement of somebody. */
export type LakeQuestion = {
  /** By which it can be cancelled. */
  readonly id: string
  readonly sql: string
  readonly format: ResultFormat
  /** Whose it is: it finds no other tables and rows than these may be seen by. */
  readonly access: Access
}

export type AskLake = {
  ask(question: LakeQuestion): Promise<StatementResult>
  /** Ends a statement that is running, or waits. @returns whether there was one */
  cancel(id: string): Promise<boolean>
}

/** One at a time: it may have a core for a while. Whoever waits is answered within half a minute. */
const STATEMENTS = { atOnce: 1, waiting: 1 } as const

/**
 * Runs statements over the lake as it is published at this moment.
 *
 * @throws (`ask`) TributaryError as `RunStatement`; `too_many`; `conflict` where another one has the id
 */
export function createAskLake(ports: AskLakePorts): AskLake {
  const running = new Map<string, AbortController>()
  const run = ({ sql, format, access }: LakeQuestion, signal: AbortSignal) => {
    const tables = visibleTables(ports.pipeline, access)
    const open: Statement['open'] = async names => openTables(ports, tablesNamed(tables, names))
    return ports.runStatement({ sql, format, open, signal }).catch((error: unknown) => {
      // A run replaces files now and then; what it has put in their place is found by looking again.
      if (error instanceof TributaryError && error.code === 'storage_failed')
        return ports.runStatement({ sql, format, open, signal })
      throw error
    })
  }
  const inLine = inTurn(STATEMENTS, run)
  return {
    async ask(question) {
      const { id } = question
      if (running.has(id))
        throw new TributaryError('conflict', 'a statement with this id is running; give another one')
      const cancelling = new AbortController()
      running.set(id, cancelling)
      try {
        return await inLine(question, cancelling.signal)
      } finally {
        running.delete(id)
      }
    },
    async cancel(id) {
      running.get(id)?.abort()
      return running.has(id)
    },
  }
}

/** Tables of the lake among the names; others are of the statement itself, or the engine's. */
function tablesNamed(tables: readonly VisibleTable[], names: readonly NamedTable[]): readonly VisibleTable[] {
  // DuckDB knows no difference between capitals and others.
  const given = new Set(names.map(({ schema, name }) => `${schema}.${name}`.toLowerCase()))
  const known = new Set(tables.map(({ table }) => fullName(table)))
  const unknown = [...given].find(name => SCHEMA.test(name) && !known.has(name))
  if (unknown !== undefined)
    throw new TributaryError('bad_request', `there is no table ${unknown}; GET /v1/lake/tables lists them`)
  return tables.filter(({ table }) => given.has(fullName(table)))
}

const SCHEMA = new RegExp(`^(${QUERY_SCHEMAS.join('|')})\\.`)

const fullName = ({ schema, name }: QueryTable): string => `${schema}.${name}`.toLowerCase()
