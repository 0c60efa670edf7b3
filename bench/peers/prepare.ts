import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './process.ts'

const HERE = import.meta.dirname

/** Where peers are kept between runs, outside git. */
export const CACHE = join(HERE, '..', '..', 'node_modules', '.cache', 'peers')

const MINUTES = 60_000

/** The class path of Kafka and of our Java: Maven fetches the artefacts named in kafka/pom.xml. */
export async function prepareKafka(): Promise<string> {
  const folder = join(CACHE, 'kafka')
  const [lib, classes] = [join(folder, 'lib'), join(folder, 'classes')]
  const source = join(HERE, 'kafka')
  await once(folder, source, async () => {
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`]
    await run(['mvn', '-q', '-B', '-f', join(source, 'pom.xml'), ...copy], 10 * MINUTES)
    const files = readdirSync(source).filter(name => name.endsWith('.java'))
    const javac = ['javac', '-d', classes, '-cp', join(lib, '*')]
    await run([...javac, ...files.map(name => join(source, name))], 2 * MINUTES)
  })
  return `${classes}:${join(lib, '*')}`
}

/**
 * The Benthos binary: Go fetches the modules pinned in benthos/go.sum and builds it with the components
 * needed.
 */
export async function prepareBenthos(): Promise<string> {
  const folder = join(CACHE, 'benthos')
  const source = join(HERE, 'benthos')
  await once(folder, source, () =>
    run(['go', 'build', '-o', join(folder, 'benthos'), '.'], 10 * MINUTES, { cwd: source }),
  )
  return join(folder, 'benthos')
}

/** A Python with the packages pinned in python/requirements.txt. */
export async function preparePython(): Promise<string> {
  const folder = join(CACHE, 'python')
  const source = join(HERE, 'python', 'requirements.txt')
  const python = join(folder, 'venv', 'bin', 'python')
  await once(folder, source, async () => {
    await run(['python3', '-m', 'venv', join(folder, 'venv')], 2 * MINUTES)
    await run([python, '-m', 'pip', 'install', '-q', '-r', source], 15 * MINUTES)
  })
  return python
}

/** Does work anew where its source, a file or a folder, has changed since it was done. */
async function once(folder: string, source: string, work: () => Promise<unknown>): Promise<void> {
  const done = join(folder, 'done')
  const digest = digestOf(source)
  if (existsSync(done) && readFileSync(done, 'utf8') === digest) return
  process.stderr.write(`preparing ${folder} …\n`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await work()
  writeFileSync(done, digest)
}

function digestOf(source: string): string {
  const files = source.endsWith('.txt') ? [source] : readdirSync(source).map(name => join(source, name))
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}
