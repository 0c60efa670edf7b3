import type { WarehousePasswords } from '../../keys/warehouse-passwords.ts'
import { literal } from '../postgres/ddl.ts'
import { scramVerifier } from './scram.ts'

/** The role that initdb makes. It can do anything, so that nobody may connect as it. */
export const SUPERUSER = 'tributary_admin'
/** Owns the database and what is in it, and has no right beyond. */
export const OWNER = 'tributary'
/** The role for BI tools. */
export const READER = 'tributary_reader'
export const DATABASE = 'tributary'

/** Of the server's connections (`max_connections`), those that BI tools may take. */
const READER_CONNECTIONS = 15

/** Raise it with every change of the statements below, so that data folders get them. */
export const ROLES_VERSION = 1

/**
 * Statements that make the roles and the database, for the database `postgres`; every one may be repeated. An
 * earlier version had one role for everything, a superuser: it gets the name of ours, and its old name
 * becomes the owner's.
 */
export function roleStatements(passwords: WarehousePasswords): readonly string[] {
  const noRights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
  const role = (name: string, password: string, more = '') => [
    `DO $$ BEGIN IF to_regrole('${name}') IS NULL THEN CREATE ROLE ${name}; END IF; END $$`,
    `ALTER ROLE ${name} ${noRights} ${more} PASSWORD ${literal(scramVerifier(password))}`,
  ]
  return [
    // ALTER ROLE … RENAME refuses to rename the role that runs it. 10 is the role of initdb, in every
    // version.
    `UPDATE pg_catalog.pg_authid SET rolname = '${SUPERUSER}', rolpassword = NULL WHERE oid = 10`,
    ...role(OWNER, passwords.owner),
    ...role(READER, passwords.reader, `CONNECTION LIMIT ${READER_CONNECTIONS}`),
    `ALTER ROLE ${READER} SET default_transaction_read_only = on`,
    `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`,
    `ALTER DATABASE ${DATABASE} OWNER TO ${OWNER}`,
    'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC',
    `REVOKE TEMPORARY ON DATABASE ${DATABASE} FROM PUBLIC`,
  ]
}

/** The one error of `roleStatements` that is none: there is no CREATE DATABASE IF NOT EXISTS. */
export const EXPECTED_ERROR = `database "${DATABASE}" already exists`

/** Objects of ours and of users, that is none of the server's own. */
const OF_USERS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

/**
 * Statements for the database itself: what belonged to the superuser of an earlier version is the owner's.
 * Sequences of columns go with their tables.
 */
export const DATABASE_STATEMENTS: readonly string[] = [
  `DO $$ DECLARE statement text; BEGIN FOR statement IN
  SELECT format('ALTER SCHEMA %I OWNER TO ${OWNER}', n.nspname) FROM pg_namespace n
    WHERE n.nspowner = 10 AND ${OF_USERS}
  UNION ALL SELECT format('ALTER %s %I.%I OWNER TO ${OWNER}', CASE c.relkind WHEN 'v' THEN 'VIEW'
    WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relowner = 10 AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND ${OF_USERS} AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i', 'e')
        AND d.refclassid IN ('pg_class'::regclass, 'pg_extension'::regclass))
  UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO ${OWNER}', p.oid::regprocedure)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proowner = 10 AND ${OF_USERS}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
  LOOP EXECUTE statement; END LOOP; END $$`,
  // Whoever can connect could fill the disk with them, read-only transactions or not.
  'REVOKE EXECUTE ON FUNCTION lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC',
]
