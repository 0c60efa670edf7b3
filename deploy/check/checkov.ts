import { outputOf } from './python.ts'
import { readTemplate } from './template.ts'

type Report = {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string
      readonly check_name: string
      readonly resource: string
    }[]
  }
  readonly summary: { readonly parsing_errors: number; readonly passed: number }
}

type Skip = { readonly id: string; readonly comment?: string }

/** Shortest comment that can explain anything. */
const SHORTEST_REASON = 20

/** What checkov finds in a template beside what each resource's own `Metadata.checkov` explains. */
export async function checkov(python: string, templateFile: string): Promise<readonly string[]> {
  const options = ['--framework', 'cloudformation', '--skip-download', '--compact', '--quiet']
  const output = await outputOf(python, [
    '-m',
    'checkov.main',
    ...options,
    '--output',
    'json',
    '--file',
    templateFile,
  ])
  const { results, summary } = JSON.parse(output) as Report
  const unread = summary.parsing_errors > 0 || summary.passed === 0
  return [
    ...(unread ? ['checkov could not read the template'] : []),
    ...results.failed_checks.map(
      ({ check_id, check_name, resource }) => `${resource}: ${check_id}: ${check_name}`,
    ),
    ...(await unexplained(templateFile)),
  ]
}

async function unexplained(templateFile: string): Promise<readonly string[]> {
  const { Resources } = await readTemplate(templateFile)
  return Object.entries(Resources).flatMap(([id, { Metadata = {} }]) => {
    const { skip = [] } = (Metadata['checkov'] ?? {}) as { readonly skip?: readonly Skip[] }
    return skip
      .filter(({ comment = '' }) => comment.length < SHORTEST_REASON)
      .map(({ id: check }) => `${id}: ${check} is skipped without a comment`)
  })
}
