import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { type Emulated, KEYS, REGION, type Stage } from './emulated.ts'
import { ROOT } from './package.ts'

/** What a command did. */
export type Outcome = { readonly code: number; readonly printed: string }

const COMMAND_MS = 120_000

/** Somebody with a shell, who runs commands as a page shows them, on a stage. */
export type Operator = Awaited<ReturnType<typeof openOperator>>

/**
 * Opens a shell in a folder of its own: `aws` speaks to the emulator, `npx tributary` to the stage. What a
 * command has in angle brackets is what was learnt of it: `own`, and what the commands before have printed.
 */
export async function openOperator(
  { endpoint, certificate }: Pick<Emulated, 'endpoint' | 'certificate'>,
  stage: Pick<Stage, 'url' | 'stack'>,
  aws: { readonly bin: string },
  own: Readonly<Record<string, string>>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-operator-'))
  const known = new Map([['<stack>', stage.stack], ...Object.entries(own)])
  const env = {
    ...{ HOME: folder, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_DEFAULT_REGION: REGION, AWS_CA_BUNDLE: certificate, NODE_EXTRA_CA_CERTS: certificate },
    ...{ TRIBUTARY_URL: stage.url, TRIBUTARY_KEY: KEYS.admin },
    PATH: [aws.bin, join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
  }
  const filled = (text: string) =>
    [...known].reduce((made, [theirs, ours]) => made.replaceAll(theirs, () => ours), text)
  const script = (text: string) =>
    filled(text)
      .replace(/^aws /, `aws --endpoint-url ${endpoint} `)
      .replace(/^npx tributary /, `node ${join(ROOT, 'local', 'cli', 'bin.ts')} `)

  return {
    folder,
    /** Tells it what stands in a page for something of the reader's own. */
    learn: (theirs: string, ours: string) => void known.set(theirs, ours),
    /** Runs a command of a page. */
    run: (command: string) =>
      new Promise<Outcome>(done => {
        const options = { cwd: folder, env, timeout: COMMAND_MS }
        execFile('sh', ['-c', script(command)], options, (error, stdout, stderr) =>
          done({ code: error === null ? 0 : Number(error.code ?? 1), printed: `${stdout}${stderr}` }),
        )
      }),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
