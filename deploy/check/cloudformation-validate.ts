import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Diagnostic = {
  readonly severity: 'FATAL' | 'ERROR' | 'WARN' | 'INFO' | 'DEBUG'
  readonly ruleId: string
  readonly message: string
  readonly entity?: { readonly logicalId?: string }
}

/** The part of `@aws/cloudformation-validate` that is used here; the package comes inside aws-cdk-lib. */
type Validator = {
  readonly CompositeEngine: new () => {
    validateTemplate(template: object): { readonly diagnostics: readonly Diagnostic[] }
    free(): void
  }
  readonly TemplateFile: new (path: string) => object
}

/**
 * A role is named as a dependency by the framework; a notification's ARN is by name so that references make
 * no circle.
 */
const IGNORED: ReadonlySet<string> = new Set(['W3005', 'W9002'])

/** What AWS's own validator, the one that aws-cdk-lib bundles, finds in a template: errors and warnings. */
export function cloudformationValidate(templateFile: string): readonly string[] {
  const { CompositeEngine, TemplateFile } = bundledValidator()
  const engine = new CompositeEngine()
  try {
    return engine
      .validateTemplate(new TemplateFile(templateFile))
      .diagnostics.filter(({ severity, ruleId }) => isProblem(severity) && !IGNORED.has(ruleId))
      .map(({ ruleId, message, entity }) => `${entity?.logicalId ?? 'template'}: ${ruleId}: ${message}`)
  } finally {
    engine.free()
  }
}

function isProblem(severity: Diagnostic['severity']): boolean {
  return severity === 'FATAL' || severity === 'ERROR' || severity === 'WARN'
}

function bundledValidator(): Validator {
  const require = createRequire(import.meta.url)
  const cdk = dirname(require.resolve('aws-cdk-lib/package.json'))
  return createRequire(join(cdk, 'package.json'))('@aws/cloudformation-validate') as Validator
}
