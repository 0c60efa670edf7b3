import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { LAMBDA_ANSWER } from '../../functions/middleware/deliverable.ts'

const PATIENCE_MS = 120_000

/** Answers that grow with what is declared. */
const ANSWERS = ['/openapi.json', '/v1/contracts', '/v1/metrics', '/v1/health']

export type Started = {
  /** From the command to the line that says where it is, ms. */
  readonly startMs: number
  /** Bytes of each answer as Lambda counts them: as text in JSON, compressed where that is too long. */
  readonly answers: readonly { readonly path: string; readonly bytes: number; readonly ms: number }[]
}

/** Starts one machine with the declarations of a copy, asks for what grows with them, and ends it. */
export async function startPlatform(root: string): Promise<Started> {
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'local/start.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{ PORT: '0', TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_DATA: join(root, 'data') },
      TRIBUTARY_KEYS: 'admin:of-the-scale-check',
    },
  })
  try {
    const url = await readyAt(child.stdout)
    const startMs = performance.now() - began
    const answers = []
    for (const path of ANSWERS) answers.push(await asked(url, path))
    return { startMs, answers }
  } finally {
    const gone = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGTERM')) await gone
  }
}

async function readyAt(output: AsyncIterable<Buffer>): Promise<string> {
  let said = ''
  const late = AbortSignal.timeout(PATIENCE_MS)
  for await (const chunk of output) {
    said += chunk.toString()
    const url = /Tributary is ready at (\S+)/.exec(said)?.[1]
    if (url !== undefined) return url
    if (late.aborted) break
  }
  throw new Error(`the platform did not start:\n${said}`)
}

function deliveredBytes(text: string): number {
  const plain = Buffer.byteLength(JSON.stringify(text))
  return plain > LAMBDA_ANSWER ? gzipSync(text).toString('base64').length : plain
}

async function asked(url: string, path: string) {
  const began = performance.now()
  const headers = { authorization: 'Bearer of-the-scale-check' }
  const answer = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${text.slice(0, 300)}`)
  return { path, bytes: deliveredBytes(text), ms: performance.now() - began }
}
