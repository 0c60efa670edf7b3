import { postgresDialect } from '../../core/sql/postgres/postgres.ts'
import { dialectContract } from '../contracts/dialect.ts'
import { postgresHarness, TABLE } from './postgres-harness.ts'

dialectContract('postgres', () => postgresHarness(postgresDialect(() => TABLE)))
