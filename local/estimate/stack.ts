import { glob, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { TributaryError } from '../../core/errors.ts'

/** What the template of a stage makes and is set to, as far as it costs something. */
export type Stack = {
  readonly settings: StackSettings
  /** Resources by type, those of conditions that the stage switches off left out. */
  readonly count: (type: string) => number
  /** Metrics that all alarms look at: an alarm on an expression is billed for each of its metrics. */
  readonly alarmMetrics: number
  /** Whether each route of the HTTP API has metrics of its own. */
  readonly hasRouteMetrics: boolean
}

export type StackSettings = {
  readonly streamHours: number
  readonly arrivalDays: number
  readonly rawColdDays: number
  readonly logDays: number
  /** s. */
  readonly deliveryBuffer: number
  /** As declared: `24h`. */
  readonly horizon: string
  /** MB. */
  readonly duckdbMemory: number
  readonly warehouse: boolean
  /** Days for which snapshots of the warehouse are kept. */
  readonly snapshotDays: number
}

type Resource = {
  readonly Type: string
  readonly Condition?: string
  readonly Properties?: {
    readonly Metrics?: readonly { readonly MetricStat?: object }[]
    readonly DefaultRouteSettings?: { readonly DetailedMetricsEnabled?: boolean }
  }
}

const ROOT = resolve(import.meta.dirname, '../..')

/** Conditions that follow from a parameter of the stage; all others are taken to hold. */
const SWITCHES: Readonly<Record<string, readonly string[]>> = {
  WithWarehouse: ['warehouse'],
  WithHeavy: ['heavy'],
  WithConsole: ['console'],
  WithNetwork: ['warehouse', 'heavy'],
}

/**
 * Reads what `resources/` declares for a stage: the same files that a deployment packages, so that what is
 * added there is in the estimate.
 *
 * @throws TributaryError `unavailable` where the files of the template are not beside the program
 */
export async function readStack(stage: string, root = ROOT): Promise<Stack> {
  const params = await paramsOf(stage, root)
  const isOn = ({ Condition = '' }: Resource) =>
    SWITCHES[Condition]?.some(name => params[name] === 'true') ?? true
  const resources = (await resourcesIn(root)).filter(isOn)
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type)
  return {
    settings: {
      streamHours: Number(params['streamHours']),
      arrivalDays: Number(params['arrivalDays']),
      rawColdDays: Number(params['rawColdDays']),
      logDays: Number(params['logDays']),
      deliveryBuffer: Number(params['deliveryBuffer']),
      horizon: String(params['horizon']),
      duckdbMemory: Number(params['duckdbMemory']),
      warehouse: params['warehouse'] === 'true',
      snapshotDays: Number(params['warehouseSnapshotDays']),
    },
    count: type => ofType(type).length,
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((all, alarm) => all + metricsOf(alarm), 0),
    hasRouteMetrics: ofType('AWS::ApiGatewayV2::Stage').some(
      ({ Properties }) => Properties?.DefaultRouteSettings?.DetailedMetricsEnabled === true,
    ),
  }
}

/** Metrics that an alarm is billed for. */
export function metricsOf({ Properties }: Pick<Resource, 'Properties'>): number {
  return Properties?.Metrics?.filter(one => one.MetricStat !== undefined).length ?? 1
}

async function paramsOf(stage: string, root: string): Promise<Readonly<Record<string, unknown>>> {
  const all = (await yaml(join(root, 'resources/params.yml'))) as Record<string, Record<string, unknown>>
  return { ...all['default'], ...all[stage] }
}

async function resourcesIn(root: string): Promise<readonly Resource[]> {
  const resources: Resource[] = []
  for await (const file of glob('resources/**/*.yml', { cwd: root })) {
    // Generated files hold resources by themselves, which an index takes into the template.
    const declared = (await yaml(join(root, file))) as Record<string, unknown> | null
    const found = Object.values({ ...declared, ...(declared?.['Resources'] as object | undefined) })
    resources.push(...found.filter(isResource))
  }
  return resources
}

function isResource(one: unknown): one is Resource {
  return (
    typeof one === 'object' && one !== null && String((one as Partial<Resource>).Type).startsWith('AWS::')
  )
}

/** Tags of CloudFormation (`!Ref`) are read as what they stand before. */
async function yaml(path: string): Promise<unknown> {
  try {
    return parse(await readFile(path, 'utf8'), { logLevel: 'silent' })
  } catch (cause) {
    throw new TributaryError(
      'unavailable',
      `${path} cannot be read; the estimate needs the whole project beside it`,
      { cause },
    )
  }
}
