/** Where background work reports what nobody awaits. A pino logger is one. */
export type FailureLog = {
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}
