import { TributaryError } from '../../../core/errors.ts'
import type { TableMark } from '../../../core/ports/warehouse.ts'
import { DDL_TIMEOUT_MS, LOCK_TABLE, literal, quoted } from './ddl.ts'
import { grantsOn } from './grants.ts'
import { qualified, removeMark, type SchemaOwner, writeMark } from './marks.ts'
import type { RedshiftWorkgroup } from './statements.ts'
import { runWhole } from './whole.ts'

const FROZEN = 'No longer loaded by Tributary: declared anew, or no more'

/** Redshift knows no NOWAIT: a change that waits for readers holds up others, so it soon gives up. */
const head = (owner: SchemaOwner) => [
  `SET statement_timeout TO ${DDL_TIMEOUT_MS}`,
  `LOCK ${qualified(owner, LOCK_TABLE)}`,
]

/** Puts a table in the place of another, which is dropped unless something needs it. */
export async function replaceTable(
  workgroup: RedshiftWorkgroup,
  owner: SchemaOwner,
  mark: TableMark,
  relation: string,
): Promise<void> {
  const old = `${relation.slice(0, 80)}-until-${Date.now()}`
  await runWhole(workgroup, `put ${relation} in place`, [
    ...head(owner),
    `ALTER TABLE ${qualified(owner, relation)} RENAME TO ${quoted(old)}`,
    `ALTER TABLE ${qualified(owner, mark.relation)} RENAME TO ${quoted(relation)}`,
    removeMark(owner, mark.relation),
    ...writeMark(owner, { ...mark, relation }),
    // A table that is filled aside is shown to nobody; by now it has all of its columns.
    ...grantsOn(owner, relation, owner.reader?.columns.get(relation) ?? []),
  ])
  await dropTable(workgroup, owner, old)
}

/** Gives up a table: see the port. */
export async function retireTable(
  workgroup: RedshiftWorkgroup,
  owner: SchemaOwner,
  relation: string,
  isToStay: boolean,
): Promise<void> {
  if (!isToStay) return dropTable(workgroup, owner, relation)
  await runWhole(workgroup, `describe ${relation}`, [
    describeFrozen(owner, relation),
    ...writeMark(owner, { relation, identity: '', through: -1 }),
  ])
}

async function dropTable(workgroup: RedshiftWorkgroup, owner: SchemaOwner, relation: string): Promise<void> {
  const drop = `DROP TABLE ${qualified(owner, relation)}`
  try {
    await runWhole(workgroup, `drop ${relation}`, [...head(owner), drop, removeMark(owner, relation)])
  } catch (error) {
    if (!(error instanceof TributaryError) || !/depend/i.test(error.message)) throw error
    const frozen = [describeFrozen(owner, relation), removeMark(owner, relation)]
    await runWhole(workgroup, `describe ${relation}`, frozen)
  }
}

const describeFrozen = (owner: SchemaOwner, relation: string) =>
  `COMMENT ON TABLE ${qualified(owner, relation)} IS ${literal(FROZEN)}`
