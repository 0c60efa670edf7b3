import pg from 'pg'
import { literal, quoted } from './ddl.ts'
import { NEEDED } from './errors.ts'
import { takeForItself } from './exclusive.ts'
import { qualified, readMarks, removeMark, type SchemaOwner, writeMark } from './marks.ts'
import { hideView, showToReader } from './reader.ts'

/**
 * Puts a table in the place of another, with what others may do with it. The other is dropped; where somebody
 * has made a view of it, it stays under another name and says so.
 */
export async function replaceTable(
  client: pg.ClientBase,
  owner: SchemaOwner,
  aside: string,
  relation: string,
): Promise<void> {
  const mark = (await readMarks(client, owner)).find(each => each.relation === aside)
  if (mark === undefined) return
  const [from, old] = [qualified(owner, aside), qualified(owner, relation)]
  await hideView(client, owner, relation)
  await takeForItself(client, old)
  await copyGrants(client, old, from)
  if (!(await dropped(client, old))) await setAside(client, owner, relation)
  await client.query(`ALTER TABLE ${from} RENAME TO ${quoted(relation)}`)
  await removeMark(client, owner, aside)
  await writeMark(client, owner, { ...mark, relation })
  await showToReader(client, owner, relation)
}

/** Drops a table, or describes it as no longer loaded, and forgets it. */
export async function retireTable(
  client: pg.ClientBase,
  owner: SchemaOwner,
  relation: string,
  isToStay: boolean,
): Promise<void> {
  const table = qualified(owner, relation)
  if (!isToStay) await hideView(client, owner, relation)
  if (isToStay || !(await takenAndDropped(client, table))) await describeFrozen(client, table)
  if (!isToStay) await removeMark(client, owner, relation)
  else await writeMark(client, owner, { relation, identity: '', through: -1 })
}

async function takenAndDropped(client: pg.ClientBase, table: string): Promise<boolean> {
  await takeForItself(client, table)
  return dropped(client, table)
}

async function dropped(client: pg.ClientBase, table: string): Promise<boolean> {
  await client.query('SAVEPOINT before_drop')
  try {
    await client.query(`DROP TABLE ${table}`)
    return true
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== NEEDED) throw error
    await client.query('ROLLBACK TO SAVEPOINT before_drop')
    return false
  }
}

async function setAside(client: pg.ClientBase, owner: SchemaOwner, relation: string): Promise<void> {
  const { rows } = await client.query<{ oid: string }>('SELECT $1::regclass::oid::text AS oid', [
    qualified(owner, relation),
  ])
  const name = `${relation.slice(0, 40)}-until-${rows[0]!.oid}`
  await describeFrozen(client, qualified(owner, relation))
  await client.query(`ALTER TABLE ${qualified(owner, relation)} RENAME TO ${quoted(name)}`)
}

const FROZEN = 'No longer loaded by Tributary: declared anew, or no more'

async function describeFrozen(client: pg.ClientBase, table: string): Promise<void> {
  await client.query(`COMMENT ON TABLE ${table} IS ${literal(FROZEN)}`)
}

async function copyGrants(client: pg.ClientBase, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ right: string; grantee: string | null }>(
    `SELECT a.privilege_type AS right, r.rolname AS grantee FROM pg_class c, aclexplode(c.relacl) a
LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE c.oid = $1::regclass AND a.grantee <> c.relowner`,
    [from],
  )
  for (const { right, grantee } of rows)
    await client.query(`GRANT ${right} ON ${to} TO ${grantee === null ? 'PUBLIC' : quoted(grantee)}`)
}
