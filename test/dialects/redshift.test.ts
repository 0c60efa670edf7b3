import { postgresDialect } from '../../core/sql/postgres/postgres.ts'
import { redshiftDialect } from '../../core/sql/redshift/redshift.ts'
import { dialectContract } from '../contracts/dialect.ts'
import { postgresHarness, TABLE } from './postgres-harness.ts'

/**
 * There is no Redshift to be had here. PostgreSQL runs what both have: everything but the three leaves whose
 * syntax is Redshift's alone, with literals in which a backslash escapes, and a STRTOL that refuses what
 * Redshift's does.
 */
const { joinOrdered, msOfInstant, aboutDistinct } = postgresDialect(() => TABLE)

const STRTOL = `CREATE FUNCTION strtol(digits TEXT, base INT) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE WHEN base = 16 AND length(digits) BETWEEN 1 AND 15
    THEN CAST(CAST('x' || lpad(digits, 16, '0') AS BIT(64)) AS BIGINT) ELSE 1 / (base - base) END $$`

const SETTINGS = ['SET escape_string_warning = off', 'SET standard_conforming_strings = off']

dialectContract('redshift, as far as PostgreSQL has it', () =>
  postgresHarness(
    { ...redshiftDialect(() => TABLE), joinOrdered, msOfInstant, aboutDistinct },
    [STRTOL, ...SETTINGS],
    // Redshift compares by bytes.
    'C',
  ),
)
