import { execFile, execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fencesOf } from '../docs/commands.ts'
import { type OpenPlatform, startOpenly } from './platform.ts'

/** The account that runs the platform, and the one that is let in. */
const OURS = { uid: 1, gid: 1 }
const SHOP = { uid: 65_534, gid: 65_534 }

const missing =
  process.getuid?.() !== 0 ? 'tests do not run as root' : hasSetfacl() ? undefined : 'there is no setfacl'
if (missing !== undefined) console.warn(`skipped: docs/run.md's setfacl: ${missing}`)

function hasSetfacl(): boolean {
  try {
    execFileSync('setfacl', ['--version'])
    return true
  } catch {
    return false
  }
}

describe.skipIf(missing !== undefined)(`what docs/run.md opens by setfacl (${missing ?? 'found'})`, () => {
  let root: string
  let data: string
  let platform: OpenPlatform
  const shell = (who: typeof OURS, script: string) =>
    promisify(execFile)('sh', ['-c', script], { ...who, cwd: root, timeout: 20_000 })
  const start = async () => {
    platform = startOpenly({ TRIBUTARY_DATA: data, TRIBUTARY_WAREHOUSE: 'off' }, OURS)
    await platform.saying(/ready at/)
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tributary-inbox-'))
    data = join(root, '.tributary')
    await chmod(root, 0o755)
    await mkdir(data)
    await chown(data, OURS.uid, OURS.gid)
  })
  afterAll(async () => {
    await platform?.stop()
    await rm(root, { recursive: true, force: true })
  })

  test('lets one account put files into the inbox, over a start, which the platform reads and moves, and look at nothing else', {
    timeout: 90_000,
  }, async () => {
    await start()
    const put = (file: string) => shell(SHOP, `umask 077; echo '{}' > .tributary/lake/inbox/${file}`)
    await expect(put('before.ndjson')).rejects.toThrow(/denied/)
    const commands = fencesOf('docs/run.md').find(({ text }) => text.startsWith('setfacl'))!.text
    await shell(OURS, commands.replaceAll('u:shop:', `u:${SHOP.uid}:`))
    await platform.stop()
    await start()
    await put('after.ndjson')
    expect((await stat(data)).mode & 0o067).toBe(0)
    for (const closed of ['.tributary', '.tributary/lake', '.tributary/lake/raw', '.tributary/log'])
      await expect(shell(SHOP, `ls ${closed}`)).rejects.toThrow(/denied/)

    // What taking a file in comes to (it is taken a minute after it was written).
    const { stdout } = await shell(
      OURS,
      'cd .tributary/lake && cat inbox/after.ndjson && mv inbox/after.ndjson .',
    )
    expect(stdout).toBe('{}\n')
  })
})
