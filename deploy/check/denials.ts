import { permissionsOf } from './handler-permissions.ts'
import { documentsOf, type Statement, statementsIn } from './statements.ts'
import type { Template } from './template.ts'

/**
 * What the resource policies of a template take from whoever deploys it. In one account the rights of IAM are
 * enough for S3, SQS, SNS and their like, unless a policy denies them: then nobody can change or delete the
 * resource any more. A denial of calls without TLS takes nothing.
 */
export function denials({ Resources }: Template): readonly string[] {
  const needed = new Set(Object.values(Resources).flatMap(({ Type }) => permissionsOf(Type) ?? []))
  return Object.entries(Resources).flatMap(([id, resource]) =>
    documentsOf(resource)
      .filter(({ kind }) => kind === 'resource')
      .flatMap(({ document }) => statementsIn(document))
      .filter(statement => statement.Effect === 'Deny' && !isOfPlainText(statement))
      .flatMap(statement => [...needed].filter(action => denies(statement, action)))
      .map(
        action =>
          `${id}: denies ${action}, which CloudFormation needs to make, change or delete what it is of`,
      ),
  )
}

/** Types whose needs are not known: their rights have been checked by nobody. */
export function unknownTypes({ Resources }: Template): readonly string[] {
  const types = new Set(Object.values(Resources).map(({ Type }) => Type))
  return [...types]
    .filter(type => permissionsOf(type) === undefined)
    .map(
      type =>
        `${type}: its needs are not known; add handlers.*.permissions of its schema to deploy/check/handler-permissions.yml`,
    )
}

function isOfPlainText({ Condition }: Statement): boolean {
  const text = JSON.stringify(Condition)
  return (
    text === '{"Bool":{"aws:SecureTransport":"false"}}' || text === '{"Bool":{"aws:SecureTransport":false}}'
  )
}

function denies({ Action, NotAction }: Statement, action: string): boolean {
  const listed = [Action ?? NotAction ?? []].flat()
  const isListed = listed.some(pattern => new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i').test(action))
  return Action === undefined ? !isListed : isListed
}
