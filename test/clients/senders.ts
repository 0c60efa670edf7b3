import { type Commands, install, NODE_PACKAGES, PYTHON_PACKAGES, run } from './installed.ts'

/** What a program that sends with an SDK says of one request. */
export type Said = {
  readonly mode: string
  readonly form: string
  readonly ids: readonly string[]
  /** What the user of the SDK gets to see of the answer. */
  readonly seen?: string
  /** Why the SDK itself did not send it. */
  readonly unsent?: string
}

/** A program of a folder here, which sends with one SDK. */
export type Sender = {
  /** Gets its SDK from its own registry. */
  readonly install: Commands
  readonly send: readonly string[]
}

export const SENDERS = {
  javascript: {
    install: NODE_PACKAGES,
    send: ['node', 'send.js'],
  },
  python: {
    install: PYTHON_PACKAGES,
    send: ['venv/bin/python', 'send.py'],
  },
  go: {
    install: { fetch: [['go', 'mod', 'download']], build: [['go', 'build', '-o', 'send', '.']] },
    send: ['./send'],
  },
  java: {
    install: {
      // A machine may have what runs Java without what compiles it.
      fetch: [
        ['javac', '-version'],
        ['mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ],
      build: [['javac', '-cp', 'lib/*', '-d', 'classes', 'Send.java']],
    },
    send: ['java', '-Dfile.encoding=UTF-8', '-cp', 'classes:lib/*', 'Send'],
  },
} satisfies Readonly<Record<string, Sender>>

/** Runs a sender; `missing` where its SDK cannot be had. */
export async function send(
  name: keyof typeof SENDERS,
  env: Readonly<Record<string, string>>,
): Promise<readonly Said[] | { readonly missing: string }> {
  const sender: Sender = SENDERS[name]
  const installed = await install(name, sender.install)
  if ('missing' in installed) return installed
  const output = await run(sender.send, { cwd: installed.folder, timeout: 120_000, env })
  return output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Said)
}
