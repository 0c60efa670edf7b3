import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.github/workflows')
const VERSION = 'v1.7.12'
const PATIENCE_MS = 300_000

type Job = {
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly needs?: string
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[]
}
type Workflow = { readonly permissions: object; readonly jobs: Readonly<Record<string, Job>> }

const linter = await installActionlint()
if ('reason' in linter) console.warn(`skipped: actionlint: ${linter.reason}`)

describe('the workflows', () => {
  it.skipIf('reason' in linter)('pass actionlint', async () => {
    const files = (await readdir(FOLDER)).map(name => join(FOLDER, name))
    if ('program' in linter) await run(linter.program, ['-no-color', ...files])
  })

  it('pin every action to a commit, and have no more than they need', async () => {
    for (const name of await readdir(FOLDER)) {
      const { permissions, jobs } = await workflow(name)
      expect(permissions, name).toEqual({ contents: 'read' })
      for (const { uses } of Object.values(jobs).flatMap(job => job.steps))
        if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
    }
  })

  it('check, test and package a commit without credentials', async () => {
    const { jobs } = await workflow('ci.yml')
    const commands = Object.values(jobs).flatMap(job => job.steps.map(step => step.run))
    for (const command of ['npm run check', 'npm test', 'npm run template'])
      expect(commands).toContain(command)
    for (const job of Object.values(jobs)) expect(job.permissions).toBeUndefined()
  })

  it('deploy what was shown, with the identity of an environment that asks its reviewers', async () => {
    const { plan, deploy } = (await workflow('deploy.yml')).jobs
    for (const job of [plan!, deploy!])
      expect(job.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    expect(plan!.environment).toBe(`\${{ inputs.stage }}-plan`)
    expect(deploy).toMatchObject({ needs: 'plan', environment: `\${{ inputs.stage }}` })
    const text = await readFile(join(FOLDER, 'deploy.yml'), 'utf8')
    expect(text).not.toMatch(/secrets\.|serverless deploy/)
  })
})

async function workflow(name: string): Promise<Workflow> {
  return parse(await readFile(join(FOLDER, name), 'utf8')) as Workflow
}

/** The linter, built from the Go module proxy once, or why there is none. */
async function installActionlint(): Promise<{ readonly program: string } | { readonly reason: string }> {
  const folder = join(ROOT, 'node_modules/.cache', `actionlint-${VERSION}`)
  const program = join(folder, 'actionlint')
  if (existsSync(program)) return { program }
  try {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' }
    const module = `github.com/rhysd/actionlint/cmd/actionlint@${VERSION}`
    await run('go', ['install', module], { env, timeout: PATIENCE_MS })
    return { program }
  } catch (error) {
    return { reason: `it cannot be built with go: ${String(error).split('\n', 1)[0]}` }
  }
}
