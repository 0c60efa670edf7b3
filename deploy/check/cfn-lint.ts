import { outputOf } from './python.ts'

type Match = {
  readonly Level: string
  readonly Message: string
  readonly Rule: { readonly Id: string }
  readonly Location: { readonly Path: readonly (string | number)[] | null }
}

/**
 * The framework names the role of every function as a dependency, which the reference to the role is already.
 */
const IGNORED = 'W3005'

/** Its program, which names its Python by a path that a moved environment does not have. */
const MAIN = 'import sys; from cfnlint.runner import main; sys.exit(main())'

/** What cfn-lint finds in a template: errors and warnings. */
export async function cfnLint(python: string, templateFile: string): Promise<readonly string[]> {
  const options = ['-c', MAIN, '--format', 'json', '--ignore-checks', IGNORED, '--template', templateFile]
  const matches = JSON.parse((await outputOf(python, options)) || '[]') as readonly Match[]
  return matches.map(
    ({ Level, Message, Rule, Location }) =>
      `${Level} ${Rule.Id} ${(Location.Path ?? []).slice(0, 4).join('/')}: ${Message}`,
  )
}
