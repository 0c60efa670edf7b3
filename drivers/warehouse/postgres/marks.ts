import type pg from 'pg'
import { TributaryError } from '../../../core/errors.ts'
import { identityFound } from '../../../core/lake/table-identity.ts'
import type { TableMark } from '../../../core/ports/warehouse.ts'
import { literal, quoted } from './ddl.ts'
import type { Reader } from './reader.ts'

/** Whose schema it is, and the name of the schema. */
export type SchemaOwner = {
  readonly schema: string
  /** Id of the platform. */
  readonly platform: string
  /** The server is this platform's own, and so is what it holds, whatever the id was. */
  readonly isOwnServer?: boolean
  /** The role of BI tools, where the server is the platform's own. */
  readonly reader?: Reader
}

/** Of the tables that are the platform's, what is in them. No event type and no metric can bear this name. */
export const MARKS = 'tributary-tables'

/** Fully qualified and quoted: what a name without its schema means is for whoever creates schemas to say. */
export const qualified = ({ schema }: Pick<SchemaOwner, 'schema'>, name: string) =>
  `${quoted(schema)}.${quoted(name)}`

/** The row that says whose schema it is, and is of no table. */
const OF_THE_SCHEMA = ''

/**
 * Makes the schema and its marks where there are none, and takes it for the platform.
 *
 * @throws TributaryError `conflict` where it is another platform's
 */
export async function claimSchema(client: pg.ClientBase, owner: SchemaOwner): Promise<void> {
  if (!(await exists(client, owner))) {
    const schema = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [owner.schema])
    // IF NOT EXISTS would ask for the right to create one also where it is there.
    if (schema.rowCount === 0) {
      await refuseToLeave(client, owner)
      await client.query(`CREATE SCHEMA ${quoted(owner.schema)}`)
    }
    await createMarks(client, owner)
  }
  const { rows } = await client.query<{ platform: string }>(
    `SELECT DISTINCT platform FROM ${qualified(owner, MARKS)}`,
  )
  const other = rows.find(({ platform }) => platform !== owner.platform)
  if (other === undefined) return
  if (owner.isOwnServer !== true) throw ofAnother(owner, other.platform)
  await client.query(`UPDATE ${qualified(owner, MARKS)} SET platform = $1`, [owner.platform])
}

function ofAnother({ schema, platform }: SchemaOwner, other: string): TributaryError {
  return new TributaryError(
    'conflict',
    `warehouse: schema "${schema}" belongs to platform ${other}, and this is ${platform}; ` +
      'name another schema (TRIBUTARY_WAREHOUSE_SCHEMA), or, where that platform is gone and this one takes its place, ' +
      `run UPDATE ${quoted(schema)}.${quoted(MARKS)} SET platform = '${platform}'`,
  )
}

async function exists(client: pg.ClientBase, owner: Pick<SchemaOwner, 'schema'>): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    qualified(owner, MARKS),
  ])
  return rows[0]?.found === true
}

/** What tells a table of a version that had no marks: how it described a column that each of them has. */
const DESCRIBED = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = a.attnum
WHERE c.relkind = 'r' AND d.classoid = 'pg_class'::regclass
AND ((a.attname = 'group_key' AND d.description LIKE 'Canonical group: %')
  OR (a.attname = 'receipt' AND d.description = 'Receipt id')) AND n.nspname`

/**
 * An earlier version had its tables in `public`: whoever reads them there must not be left with what stands
 * still.
 */
async function refuseToLeave(client: pg.ClientBase, { schema }: SchemaOwner): Promise<void> {
  if (await exists(client, { schema: 'public' })) return
  const { rowCount } = await client.query(`SELECT 1 FROM ${DESCRIBED} = 'public' LIMIT 1`)
  if (rowCount === 0) return
  throw new TributaryError(
    'conflict',
    'warehouse: an earlier version has its tables in schema "public"; set TRIBUTARY_WAREHOUSE_SCHEMA=public to go on with them, ' +
      `or run CREATE SCHEMA ${quoted(schema)} to have new tables there`,
  )
}

/**
 * What is in tables of a version that had no marks is not known, so that they are filled anew.
 */
async function createMarks(client: pg.ClientBase, owner: SchemaOwner): Promise<void> {
  const marks = qualified(owner, MARKS)
  await client.query(
    `CREATE TABLE ${marks} (relation text PRIMARY KEY, platform text NOT NULL, identity text NOT NULL,` +
      ' through bigint NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now())',
  )
  await client.query(
    `COMMENT ON TABLE ${marks} IS ${literal('The tables of this schema that Tributary loads, and how far. Not to be changed.')}`,
  )
  await client.query(
    `INSERT INTO ${marks} (relation, platform, identity, through)
SELECT $1, $2, '', -1 UNION
SELECT c.relname, $2, '', -1 FROM ${DESCRIBED} = $3`,
    [OF_THE_SCHEMA, owner.platform, owner.schema],
  )
}

/**
 * The marks of the platform's tables; those whose table somebody has dropped are gone with it, and a table
 * that lacks a column is another than its mark says.
 */
export async function readMarks(client: pg.ClientBase, owner: SchemaOwner): Promise<readonly TableMark[]> {
  type Row = { relation: string; identity: string; through: string; columns: readonly string[] }
  const { rows } = await client.query<Row>(
    `SELECT m.relation, m.identity, m.through, ARRAY(SELECT attname::text FROM pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns FROM ${qualified(owner, MARKS)} m
JOIN pg_namespace n ON n.nspname = $1 JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = m.relation
WHERE c.relkind = 'r'`,
    [owner.schema],
  )
  return rows.map(({ relation, identity, through, columns }) => ({
    relation,
    identity: identityFound(identity, new Set(columns)),
    through: Number(through),
  }))
}

/** Marks a table, in the transaction that fills it. */
export async function writeMark(client: pg.ClientBase, owner: SchemaOwner, mark: TableMark): Promise<void> {
  await client.query(
    `INSERT INTO ${qualified(owner, MARKS)} (relation, platform, identity, through) VALUES ($1, $2, $3, $4)
ON CONFLICT (relation) DO UPDATE SET identity = EXCLUDED.identity, through = EXCLUDED.through, loaded_at = now()`,
    [mark.relation, owner.platform, mark.identity, mark.through],
  )
}

export async function removeMark(client: pg.ClientBase, owner: SchemaOwner, relation: string): Promise<void> {
  await client.query(`DELETE FROM ${qualified(owner, MARKS)} WHERE relation = $1`, [relation])
}

/** The kinds of pg_class, in words; https://www.postgresql.org/docs/18/catalog-pg-class.html */
const KINDS: Readonly<Record<string, string>> = {
  ...{ r: 'table', v: 'view', m: 'materialized view', f: 'foreign table', p: 'partitioned table' },
  ...{ S: 'sequence', i: 'index', I: 'partitioned index', c: 'type' },
}

/** Those of pg_type that are no relation; https://www.postgresql.org/docs/18/catalog-pg-type.html */
const TYPES: Readonly<Record<string, string>> = {
  ...{ b: 'base type', d: 'domain', e: 'enum type', m: 'multirange type', p: 'pseudo-type', r: 'range type' },
}

/**
 * Whether a table of the platform is there.
 *
 * @throws TributaryError `conflict` where something else has its name: a relation, or a type, as each table
 * has one of its name
 */
export async function isThere(client: pg.ClientBase, owner: SchemaOwner, relation: string): Promise<boolean> {
  const { rows } = await client.query<{ kind: string; marked: boolean }>(
    `SELECT c.relkind AS kind, EXISTS (SELECT 1 FROM ${qualified(owner, MARKS)} m WHERE m.relation = $2) AS marked
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [owner.schema, relation],
  )
  const found = rows[0]
  if (found === undefined) {
    await refuseType(client, owner, relation)
    return false
  }
  if (found.marked && found.kind === 'r') return true
  throw notOurs(owner, relation, Object.hasOwn(KINDS, found.kind) ? KINDS[found.kind]! : 'relation')
}

/** PostgreSQL renames a type of arrays, which is in the way, by itself. */
async function refuseType(client: pg.ClientBase, owner: SchemaOwner, relation: string): Promise<void> {
  const { rows } = await client.query<{ kind: string }>(
    `SELECT t.typtype AS kind FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = $1 AND t.typname = $2 AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)`,
    [owner.schema, relation],
  )
  if (rows[0] !== undefined) throw notOurs(owner, relation, TYPES[rows[0].kind] ?? 'type')
}

function notOurs({ schema }: SchemaOwner, relation: string, kind: string): TributaryError {
  return new TributaryError(
    'conflict',
    `warehouse: the ${kind} ${schema}.${relation} is not this platform's and is left as it is; ` +
      'rename it, or what is declared under that name',
  )
}
