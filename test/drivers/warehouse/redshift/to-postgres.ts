/**
 * What PostgreSQL needs to run the driver's SQL, and all of it. Left out: how tables lie on disk. Replaced:
 * COPY from S3, and VARCHAR(n), which counts bytes in Redshift and characters in PostgreSQL.
 */
const REWRITES: readonly (readonly [RegExp, (match: string[]) => string])[] = [
  [/ DISTSTYLE AUTO| SORTKEY \([^)]*\)/g, () => ''],
  [/VARCHAR\(65535\)/g, () => 'redshift_varchar'],
  // A role of the database and a user are one kind of thing; without a password nobody logs in as one.
  // Whoever loads may read the lake's files: in Redshift by the role of COPY, here by one of PostgreSQL's.
  [/ (TO|FROM) ROLE /g, ([, word]) => ` ${word} `],
  [
    /CREATE USER ("[^"]+") PASSWORD DISABLE/g,
    ([, name]) => `CREATE USER ${name} IN ROLE pg_read_server_files`,
  ],
  [/(COPY [^;]*?) FROM '([^']+)' IAM_ROLE '([^']+)' (FORMAT AS CSV[^;]*)/g, copyFromFile],
]

/**
 * Once for a database: Redshift's catalogue views, which show each user what that user may see, and the type
 * above. No table has a key.
 */
export const REDSHIFT_IN_POSTGRES = `
  CREATE DOMAIN redshift_varchar AS text CHECK (octet_length(VALUE) <= 65535);
  CREATE VIEW svv_columns WITH (security_invoker) AS SELECT table_schema, table_name, column_name,
    col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position) AS remarks
    FROM information_schema.columns;
  GRANT SELECT ON svv_columns TO PUBLIC;
  CREATE VIEW svv_roles AS SELECT rolname AS role_name FROM pg_roles`

/** Redshift loads files of S3; this one of the machine's, which takes a right that the owner has not. */
export const READS_FILES = 'GRANT pg_read_server_files TO tributary WITH ADMIN OPTION'

/** What Redshift's administrator may, and the owner of a database of PostgreSQL may not. */
export const ADMINISTERS = [
  READS_FILES,
  'ALTER ROLE tributary CREATEROLE',
  "ALTER ROLE tributary SET createrole_self_grant TO 'set, inherit'",
]

export const BUCKET = 'lake-bucket'
export const ROLE = 'arn:aws:iam::123456789012:role/warehouse'

/** The statement in PostgreSQL's words. */
export function toPostgres(sql: string): string {
  return REWRITES.reduce(
    (text, [pattern, by]) => text.replace(pattern, (...match: string[]) => by(match)),
    sql,
  )
}

/**
 * COPY as Redshift documents it: quotes make no difference to what is NULL; an empty field of a text column
 * is '' without EMPTYASNULL and NULL with it, of another column always NULL; a NUL byte is no character
 * (PostgreSQL refuses it, Redshift ends the record there).
 */
function copyFromFile([whole, target, uri, role, options]: string[]): string {
  const file = uri!.replace(`s3://${BUCKET}`, '')
  if (role !== ROLE || file === uri) throw new Error(`not of this lake: ${whole}`)
  const known = /^FORMAT AS CSV( EMPTYASNULL)?( TIMEFORMAT 'auto')( COMPUPDATE OFF STATUPDATE OFF)?$/
  const parsed = known.exec(options!)
  if (parsed === null) throw new Error(`unknown options of COPY: ${options}`)
  const nulls = parsed[1] === undefined ? 'FORCE_NOT_NULL *' : 'FORCE_NULL *'
  return `${target} FROM '${file}' WITH (FORMAT csv, ENCODING 'UTF8', NULL '', ${nulls})`
}

/** Errors of PostgreSQL as Redshift words them. */
export function toRedshiftError(sql: string, error: Error & { code?: string }): string {
  const isCopy = sql.includes('COPY ')
  if (isCopy && error.code === '58P01') return `The specified S3 prefix '${error.message}' does not exist`
  if (isCopy && (error.code?.startsWith('22') || error.code === '23514'))
    return "ERROR: Load into table failed.  Check 'sys_load_error_detail' system table for details."
  return `ERROR: ${error.message}`
}
