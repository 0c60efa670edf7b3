import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import validate from 'asl-validator'

/** What asl-validator finds in the state machines of a folder. */
export async function asl(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.asl.json')).sort()
  const findings = await Promise.all(
    files.map(async file => checkOne(file, await readFile(join(folder, file), 'utf8'))),
  )
  return findings.flat()
}

async function checkOne(file: string, text: string): Promise<readonly string[]> {
  const { isValid, errorsText } = await validate(JSON.parse(text))
  return isValid ? [] : [`${file}: ${errorsText()}`]
}
