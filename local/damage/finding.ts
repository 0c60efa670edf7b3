/** One damage that was found, and what became of it. */
export type Finding = {
  /** Path of the file, relative to the data folder. */
  readonly file: string
  readonly problem: string
  /** What was done, or what is to be done where it is left. */
  readonly outcome: string
  /** True where doctor could not repair it. */
  readonly isLeft: boolean
}

/** Collects what is found. */
export type Findings = {
  readonly all: readonly Finding[]
  repaired(file: string, problem: string, outcome: string): void
  left(file: string, problem: string, outcome: string): void
}

export function createFindings(tell: (finding: Finding) => void): Findings {
  const all: Finding[] = []
  const add = (isLeft: boolean) => (file: string, problem: string, outcome: string) => {
    const finding = { file, problem, outcome, isLeft }
    all.push(finding)
    tell(finding)
  }
  return { all, repaired: add(false), left: add(true) }
}

/** What a failed check says, without the file, which is named beside it, and the remedy: doctor is it. */
export function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message
    .replace(/; stop the platform and run "npx tributary doctor".*$/s, '')
    .replace(/^\S+ is damaged: /, '')
}
