import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** PostgreSQL's own default (`scram_iterations`). */
const ITERATIONS = 4096

/**
 * What PostgreSQL keeps of a password: enough to check it, and not the password. Handed over in its place,
 * the password is in no statement and so in no log. RFC 5803, as `pg_authid.rolpassword` holds it:
 * https://www.postgresql.org/docs/18/catalog-pg-authid.html
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64')
  const server = keyed('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`
}
