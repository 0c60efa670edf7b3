declare module 'asl-validator' {
  /** Checks a state machine against the schema of Amazon States Language, and its JSON paths. */
  export default function validate(definition: unknown): Promise<{
    readonly isValid: boolean
    readonly errorsText: (separator?: string) => string
  }>
}
