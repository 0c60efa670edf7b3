import { existsSync } from 'node:fs'
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { openKeptRejected } from '../../../drivers/compose/embedded-lines.ts'
import { readCheckedLine } from '../../../drivers/files/checked-line.ts'
import { makeFolder, replaceFile } from '../../../drivers/files/durable.ts'
import { hoursOf } from '../../../drivers/rejected/files/folder.ts'
import { forgetMissing } from '../../../drivers/rejected/files/kept.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'

/**
 * Checks rejected events and dead letters, a line each. No layer has them but their own files: what is
 * damaged is set aside, and said to be lost.
 */
export async function mendLines(patient: Patient): Promise<void> {
  await mendRejected(patient)
  const { deadLetters: folder } = patient.paths
  if (!existsSync(folder)) return
  const names = (await readdir(folder, { recursive: true })).map(String)
  for (const name of names.filter(each => each.endsWith('.ndjson')).sort())
    await setAsideLines(patient, join(folder, name))
}

async function mendRejected(patient: Patient): Promise<void> {
  const { rejected: folder } = patient.paths
  if (!existsSync(folder)) return
  const names = await hoursOf(folder)
  const kept = openKeptRejected(patient.paths)
  kept.close()
  for (const missing of kept.missing) {
    const name = /([^/]+) is damaged: /.exec(missing.message)?.[1] ?? ''
    const lost = 'rejected events are in no other place: they are lost'
    patient.findings.left(`rejected/${name}`, problemOf(missing), lost)
  }
  let hasChanged = kept.missing.length > 0
  for (const name of names) if (await setAsideLines(patient, join(folder, name))) hasChanged = true
  if (hasChanged) await forgetMissing(folder, names)
}

/** Takes damaged lines out of a file; says whether there were any. */
async function setAsideLines({ data, findings }: Patient, path: string): Promise<boolean> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  const broken = lines.filter(line => readCheckedLine(line) === undefined)
  if (broken.length === 0) return false
  const file = relative(data, path)
  const name = file.replaceAll('/', '-')
  await makeFolder(join(data, 'damaged'))
  await appendFile(join(data, 'damaged', name), `${broken.join('\n')}\n`)
  const intact = lines.filter(line => !broken.includes(line)).map(line => `${line}\n`)
  await replaceFile(path, aside => writeFile(aside, intact.join(''), { mode: 0o600 }))
  const outcome = `set aside in damaged/${name}, as nothing else has them`
  findings.left(file, `${broken.length} lines do not match their checksum`, outcome)
  return true
}
