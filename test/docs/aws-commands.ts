import { blocksOf, PAGES } from './commands.ts'

/** A command of a page for AWS's own command line, as the page has it. */
export type AwsCommand = { readonly page: string; readonly text: string }

/** Every `aws …` of the pages, each once, in their order. */
export function awsCommands(): readonly AwsCommand[] {
  const all = PAGES.flatMap(blocksOf).flatMap(({ page, commands }) =>
    commands.map(({ text }) => ({ page, text })),
  )
  const aws = all.filter(({ text }) => /^aws /.test(text))
  return [...new Map(aws.map(command => [command.text, command])).values()]
}

/**
 * Operations that the emulator does not have, by the service and the name that a command gives them. AWS's
 * command line takes the command, checks it against the service's model, and sends it; nothing answers.
 * docs/documents-only.md lists them.
 */
export const UNANSWERED: ReadonlySet<string> = new Set([
  'backup start-restore-job',
  'backup update-region-settings',
  'ce update-cost-allocation-tags-status',
  'redshift-data batch-execute-statement',
  'redshift-serverless create-endpoint-access',
  'redshift-serverless create-snapshot',
  'service-quotas request-service-quota-increase',
])

/** `backup start-restore-job` of a command. */
export function operationOf(text: string): string {
  return text.split(/\s+/).slice(1, 3).join(' ')
}
