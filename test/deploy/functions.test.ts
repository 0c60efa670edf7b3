import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { PLAIN } from '../../core/lake/lake-paths.ts'
import { FUNCTIONS } from '../../deploy/generate/functions.ts'
import { RIGHTS } from '../../deploy/generate/grants.ts'
import { roleOf } from '../../deploy/generate/roles.ts'
import { awsSettings } from '../../drivers/compose/aws/aws-settings.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFile(join(ROOT, path), 'utf8')

type Task = { readonly token: string; readonly seconds: number }

describe('the functions of the template', () => {
  it('are given settings that the functions know', async () => {
    const names = Object.keys(
      parse(await read('resources/environment.yml'), { logLevel: 'silent' }) as object,
    )
    const environment = Object.fromEntries(names.map(name => [name, '60']))
    expect(names).toContain('TRIBUTARY_LAKE')
    expect(() => awsSettings(environment)).not.toThrow()
  })

  it('end when the state machine that called them has given them up', async () => {
    const tasks = (
      await Promise.all(
        ['batch', 'backfill', 'replay', 'restore-raw', 'file-ingest', 'delivery', 'warehouse'].map(tasksOf),
      )
    ).flat()
    expect(tasks.length).toBeGreaterThan(15)
    for (const { token, seconds } of tasks) {
      const name = camel(token.replace('FunctionArn', ''))
      expect(FUNCTIONS[name]?.timeout, name).toBeLessThanOrEqual(Math.max(seconds, longest(tasks, token)))
    }
  })
})

describe('the rights of the functions', () => {
  const changedBy = (rights: unknown) =>
    new Set(
      ([rights].flat(3) as { Action?: readonly string[] }[])
        .filter(({ Action }) => Action?.includes('s3:PutObject'))
        .flatMap(statement => [...JSON.stringify(statement).matchAll(/\/([a-z-]+)\/\*/g)])
        .map(([, folder]) => folder),
    )

  it('reach every folder of the lake that something is put into', () => {
    // Firehose puts arrivals, and people the inbox; a file is taken out of it by removing it. Open tables and
    // answers of the past are kept on one machine only.
    const elsewhere = ['arrivals', 'tables', 'table-marks', 'moves']
    const folders = [...PLAIN, 'curated', 'ids', 'partials', 'manifests'].filter(
      name => !elsewhere.includes(name),
    )
    const reached = changedBy(Object.values(RIGHTS))
    expect(folders.filter(folder => !reached.has(folder))).toEqual([])
  })

  it('let batch steps change all that they build', () => {
    const built = [
      'certificates',
      'curated',
      'due',
      'exports',
      'ids',
      'journal',
      'losses',
      'partials',
      'replay',
      'staged',
      'windows',
    ]
    const reached = changedBy(RIGHTS.batchStep)
    expect(built.filter(folder => !reached.has(folder))).toEqual([])
  })
})

describe('the rights on the warehouse', () => {
  const granted = (name: string) => JSON.stringify(roleOf(name, FUNCTIONS[name]!))
  const granting = (text: string) => Object.keys(FUNCTIONS).filter(name => granted(name).includes(text))

  it("give the administrator's secret to the function that makes roles, and its own user to the one that loads", () => {
    expect(granting('secret:redshift!')).toEqual(['makeRoles'])
    expect(granting('redshift-serverless:GetCredentials')).toEqual(['loadWarehouse'])
    expect(granting('redshift-data:BatchExecuteStatement').sort()).toEqual(['loadWarehouse', 'makeRoles'])
  })

  it('let the function that makes roles see no data of the platform', () => {
    expect(granted('makeRoles')).not.toMatch(/"s3:|RealTimeTable|BatchTable|MarkersTable|kinesis:/)
  })
})

describe('the files of the template', () => {
  it('are a concern each, in fewer than 150 lines', async () => {
    const files = (await readdir(join(ROOT, 'resources'), { recursive: true })).filter(
      file => file.endsWith('.yml') && !file.startsWith('generated'),
    )
    for (const file of [...files.map(name => `resources/${name}`), 'serverless.yml'])
      expect((await read(file)).split('\n').length, file).toBeLessThan(150)
  })
})

/** Tasks of a machine that call a function, with their time-outs. */
async function tasksOf(machine: string): Promise<readonly Task[]> {
  const text = await read(`state-machines/${machine}.asl.json`)
  return [
    ...text.matchAll(/"TimeoutSeconds": (\d+),\s+"Parameters": \{\s+"FunctionName": "\$\{(\w+)\}"/g),
  ].map(([, seconds, token]) => ({ token: token!, seconds: Number(seconds) }))
}

/** A function that two states call has the time-out of the longer one. */
function longest(tasks: readonly Task[], token: string): number {
  return Math.max(...tasks.filter(task => task.token === token).map(task => task.seconds))
}

function camel(name: string): string {
  const text = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
