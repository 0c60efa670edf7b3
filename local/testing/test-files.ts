import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseDocument } from 'yaml'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError, toTributaryError } from '../../core/errors.ts'
import { isObject } from '../../core/json/is-object.ts'
import { isAbsent } from '../../drivers/files/durable.ts'
import { TESTS } from '../../drivers/pipeline/unread.ts'
import { EVENTS_TEST } from './events-test.ts'
import { refuseUnknown } from './members.ts'
import type { TestCase, TestKind } from './test-case.ts'

/** Every kind of test; another one is a line here. */
const KINDS: readonly TestKind[] = [EVENTS_TEST]

const TEST_FILE = /\.test\.(?:ya?ml|json)$/
/** Files that are no tests: prose, hidden ones and backups of editors. */
const NO_TEST = /^(?:README(?:\.\w+)?|\..*|.*~)$/i
const LARGEST_FILE = 4_000_000
const MOST_ALIASES = 100

/**
 * Reads the tests of a pipeline: the files of its folder `tests/`, a test or a list of tests each. They are
 * checked against the declarations before any of them runs.
 *
 * @param only parts of names of files; none: all files
 * @throws TributaryError `invalid_declaration` naming file, test, member and remedy
 */
export async function readTests(
  folder: string,
  pipeline: Pipeline,
  only: readonly string[] = [],
): Promise<readonly TestCase[]> {
  const names = await readdir(join(folder, TESTS)).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  const tests: TestCase[] = []
  for (const name of names.filter(each => !NO_TEST.test(each)).sort()) {
    const path = join(folder, TESTS, name)
    const file = relative(join(folder, '..'), path)
    if (!TEST_FILE.test(name))
      throw wrong(file, `is no test; call it ….test.yaml or ….test.json, or move it out`)
    if (only.length === 0 || only.some(part => name.includes(part)))
      tests.push(...testsIn(file, await readFile(path, 'utf8'), pipeline))
  }
  return tests
}

function testsIn(file: string, text: string, pipeline: Pipeline): readonly TestCase[] {
  if (text.length > LARGEST_FILE)
    throw wrong(file, `has more than ${LARGEST_FILE} characters; make it several`)
  const value = parsed(file, text)
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  return list.map((one, at) => readTest(file, one, list.length > 1 ? at + 1 : undefined, pipeline))
}

function readTest(file: string, value: unknown, place: number | undefined, pipeline: Pipeline): TestCase {
  const nth = place === undefined ? '' : `test ${place}: `
  if (!isObject(value)) throw wrong(file, `${nth}is no object with ${kindNames()}`)
  const { name = '' } = value
  if (typeof name !== 'string') throw wrong(file, `${nth}"name" is no text`)
  const shown = name === '' ? nth : `"${name}": `
  const kind = KINDS.find(({ keys }) => value[keys[0]] !== undefined)
  try {
    if (kind === undefined) throw new Error(`it has none of ${kindNames()}, which says what is tested`)
    refuseUnknown(value, ['name', ...kind.keys])
    return {
      name: name || (place === undefined ? file : `${file}, test ${place}`),
      file,
      run: kind.read(value, pipeline),
    }
  } catch (cause) {
    throw wrong(file, `${shown}${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function parsed(file: string, text: string): unknown {
  // YAML 1.2 has JSON in it; keys that come twice are refused.
  const document = parseDocument(text, { logLevel: 'silent', merge: true })
  const [problem] = document.errors
  if (problem !== undefined) throw wrong(file, problem.message.split('\n')[0]!)
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown
  } catch (cause) {
    throw wrong(file, toTributaryError(cause).message, cause)
  }
}

function kindNames(): string {
  return KINDS.map(({ keys }) => `"${keys[0]}"`).join(' or ')
}

function wrong(file: string, problem: string, cause?: unknown): TributaryError {
  return new TributaryError('invalid_declaration', `${file}: ${problem}`, { cause })
}
