import type { Pipeline } from '../../core/declare/pipeline.ts'
import type { TestSettings } from './world.ts'

/** Something that is not as a test expects it, in one line. */
export type Failure = string

/** One test of declarations, read and checked, ready to run. */
export type TestCase = {
  /** As it is shown: of its file, and what it says of itself. */
  readonly name: string
  /** File, from where the pipeline folder lies. */
  readonly file: string
  readonly run: (ports: TestPorts) => Promise<readonly Failure[]>
}

export type TestPorts = {
  readonly pipeline: Pipeline
  readonly settings: TestSettings
  /** A folder of the test's own, removed after it. */
  readonly folder: string
}

/** Reads a test of one kind from what its file says. */
export type TestKind = {
  /** Members that it may have; the first is the one by which the kind is known. */
  readonly keys: readonly [string, ...string[]]
  /** @throws TributaryError `invalid_declaration`, as a text that says what and where in the test */
  readonly read: (value: Readonly<Record<string, unknown>>, pipeline: Pipeline) => TestCase['run']
}
