/** What stands for a reference: ARNs of this kind have some 100 characters. */
const REFERENCE = 'x'.repeat(100)

/** Bytes of a value with what CloudFormation puts in place of its functions, rather too many than too few. */
export function filledSize(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(filled(value)) ?? '')
}

function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  const [[name, content] = ['', undefined]] = Object.entries(value)
  if (name === 'Ref' || name === 'Fn::GetAtt' || name === 'Fn::FindInMap') return REFERENCE
  if (name === 'Fn::Sub') {
    const [text] = [content].flat()
    return String(text)
      .replaceAll(/\$\{AWS::\w+\}/g, 'x'.repeat(14))
      .replaceAll(/\$\{\w[^}]*\}/g, REFERENCE)
  }
  // The longer branch is counted: as it is where the condition holds.
  if (name === 'Fn::If') return filled((content as readonly unknown[])[1])
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one)]))
}
