/** A value of a template: JSON, intrinsic functions among it. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }

/** A resource of a CloudFormation template. */
export type Resource = {
  readonly Type: string
  readonly Condition?: string
  readonly DependsOn?: string | readonly string[]
  readonly Metadata?: { readonly [key: string]: Value }
  readonly Properties: { readonly [key: string]: Value }
}

export type Resources = Readonly<Record<string, Resource>>

export const ref = (id: string): Value => ({ Ref: id })
export const attribute = (id: string, name: string): Value => ({ 'Fn::GetAtt': [id, name] })
export const sub = (text: string): Value => ({ 'Fn::Sub': text })

/** Resolved by the framework when it packages: the same text as in resources/names.yml. */
export const STACK = `\${self:custom.names.stack}`

/**
 * ARN of a resource of this account and region, its own part as `service:rest`: `states:stateMachine:name`.
 */
export function arn(service: string, rest: string): Value {
  return sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`)
}

/** ARN of the lake's objects, by name: the bucket waits for a function whose role may use it. */
export function lakeObjects(prefix: string): Value {
  return sub(`arn:\${AWS::Partition}:s3:::${STACK}-lake-\${AWS::AccountId}-\${AWS::Region}/${prefix}*`)
}

export const LAKE_BUCKET: Value = sub(
  `arn:\${AWS::Partition}:s3:::${STACK}-lake-\${AWS::AccountId}-\${AWS::Region}`,
)

/** Why a rule of cdk-nag does not hold for a resource, next to it as every suppression. */
export function nagReason(id: string, reason: string): { readonly [key: string]: Value } {
  return { cdk_nag: { rules_to_suppress: [{ id, reason }] } }
}

/** A name as part of a logical id: `com.tributary.trip` becomes `ComTributaryTrip`. */
export function pascal(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map(part => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
}
