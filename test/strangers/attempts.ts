import { constants } from 'node:fs'
import { open, readdir, readFile, readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

/**
 * What an account tries that has nothing to do with the platform. Run by `stranger.test.ts` as that account.
 */
const { paths, sockets, pids } = JSON.parse(process.env['TARGETS']!) as {
  paths: readonly string[]
  sockets: readonly string[]
  pids: readonly number[]
}

const attempts: [string, () => Promise<unknown>][] = [
  ...paths.flatMap((path): typeof attempts => [
    [`read ${path}`, async () => (await open(path, constants.O_RDONLY | constants.O_NONBLOCK)).close()],
    [`write ${path}`, async () => (await open(path, constants.O_WRONLY | constants.O_NONBLOCK)).close()],
    [`list ${path}`, () => readdir(path)],
    [`put into ${path}`, async () => (await open(join(path, 'mine'), 'w')).close()],
  ]),
  ...sockets.map((path): (typeof attempts)[number] => [`connect to ${path}`, () => connected(path)]),
  ...pids.flatMap((pid): typeof attempts => [
    [`read the surroundings of ${pid}`, () => readFile(`/proc/${pid}/environ`)],
    [`list the files of ${pid}`, () => readdir(`/proc/${pid}/fd`)],
    [`read the memory of ${pid}`, async () => (await open(`/proc/${pid}/mem`, 'r')).close()],
    [`follow ${pid} home`, () => readlink(`/proc/${pid}/cwd`)],
    [`signal ${pid}`, async () => process.kill(pid, 0)],
  ]),
]

function connected(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(void socket.destroy()))
    socket.once('error', reject)
  })
}

const succeeded: string[] = []
for (const [what, attempt] of attempts)
  await attempt().then(
    () => succeeded.push(what),
    () => undefined,
  )
console.log(JSON.stringify({ tried: attempts.length, succeeded }))
