import type { Allowances } from '../../../core/ports/callers/allowances.ts'

/**
 * What keys have used, on AWS. Its client is loaded with the first call of a key that has a limit: every
 * function behind a route has this, and few need it.
 */
export function allowances(): Allowances {
  let loading: Promise<Allowances> | undefined
  // A module of one export: of a module that is imported so a bundle keeps everything, with what that uses.
  const load = async () => (await import('./dynamodb-allowances.ts')).dynamodbAllowances()
  return {
    async take(...asked) {
      loading ??= load()
      return (await loading).take(...asked)
    },
  }
}
